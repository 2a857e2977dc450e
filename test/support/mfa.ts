/** What many tests of the second factor do. */
import type { ApiResponse, Message, TestLatchkey } from './latchkey.ts'
import { type CodeMethod, type Method, Owner } from './owner.ts'

export const codeMethods = ['authenticator', 'sms', 'email'] as const satisfies CodeMethod[]

/** Strongest first. */
export const mfaMethods = ['passkey', ...codeMethods] as const satisfies Method[]

/** Answers a sign-in that asked for its second factor. */
export function submitMfaCode(
  latchkey: TestLatchkey,
  challenged: ApiResponse,
  body: { code: string; mfaMethod?: CodeMethod | 'recoveryCode' },
): Promise<ApiResponse> {
  return latchkey.post('/auth/SignIn/Mfa', { mfaToken: challenged.body.mfaToken, ...body })
}

/** The same person with the same phone, signed in once more in another browser. */
export async function openSecondSession(latchkey: TestLatchkey, owner: Owner): Promise<Owner> {
  const { email, password, phoneNumber, authenticator } = owner
  const second = new Owner(latchkey, { email, password, phoneNumber, authenticator })
  second.passkey = owner.passkey
  await second.signInFully()
  return second
}

/** Messages about changes of the second factor, newest first; those with codes are left out. */
export async function mfaNoticesTo(latchkey: TestLatchkey, recipient: string): Promise<Message[]> {
  const messages = await latchkey.inbox(recipient)
  return messages.filter(({ subject }) => /second step/i.test(subject))
}

/** The types of what happened to an account, newest first; sign-ins are left out. */
export async function mfaActivityOf(owner: Owner): Promise<string[]> {
  const { body } = await owner.get('/settings/Activity?limit=100')
  return body.activity
    .map(({ type }: { type: string }) => type)
    .filter((type: string) => /^(mfa|recovery_codes)/.test(type))
}

/** How many sessions of an account are alive. */
export async function countLiveSessions(latchkey: TestLatchkey, { email }: Owner): Promise<number> {
  const [row] = await latchkey.sql(
    `select count(*) as alive from session join account on account.id = session.account_id
     where email = '${email}' and ended_at is null`,
  )
  return Number(row.alive)
}

/** Everything about an account that decides how it signs in, and what has been said about it. */
export async function accountStateOf(latchkey: TestLatchkey, { email }: Owner) {
  const account = `(select id from account where email = '${email}')`
  const rows = (table: string, columns = '*') =>
    latchkey.sql(`select ${columns} from ${table} where account_id = ${account} order by id`)
  return {
    account: await latchkey.sql(`select * from account where id = ${account}`),
    authenticator: await rows('totp_secret'),
    recoveryCodes: await rows('recovery_code'),
    passkeys: await rows('passkey'),
    sessions: await rows('session'),
    challenges: await rows('challenge'),
    activity: await rows('activity'),
    // Not how far they have come: delivery goes on meanwhile.
    messages: await rows('outbox', 'id, channel, recipient, template, params'),
  }
}
