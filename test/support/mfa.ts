/** Shared steps of MFA tests. */
import type { ApiResponse, Message, TestLatchkey } from './latchkey.ts'
import { type CodeMethod, type Method, Owner } from './owner.ts'
import { assertMfaRequired, assertStatus } from './responses.ts'

export const codeMethods = ['authenticator', 'sms', 'email'] as const satisfies CodeMethod[]

/** Strongest first. */
export const mfaMethods = ['passkey', ...codeMethods] as const satisfies Method[]

/** Submits a code to a sign-in that requires the second factor. */
export function submitMfaCode(
  latchkey: TestLatchkey,
  challenged: ApiResponse,
  body: { code: string; mfaMethod?: CodeMethod | 'recoveryCode' },
): Promise<ApiResponse> {
  const { mfaToken } = assertMfaRequired(challenged)
  return latchkey.post('/auth/SignIn/Mfa', { mfaToken, ...body })
}

/** Signs an owner in again, as in a second browser. */
export async function openSecondSession(latchkey: TestLatchkey, owner: Owner): Promise<Owner> {
  const { email, password, phoneNumber, authenticator } = owner
  const second = new Owner(latchkey, { email, password, phoneNumber, authenticator })
  second.passkey = owner.passkey
  await second.signInFully()
  return second
}

/** Proves the owner’s number in the settings. @param fields by default, codes by text become a method */
export async function provePhone(
  latchkey: TestLatchkey,
  owner: Owner,
  fields: object = { useForSignIn: true },
): Promise<ApiResponse> {
  const { phoneNumber } = owner
  assertStatus(await owner.post('/settings/PhoneNumber', { phoneNumber }), 202)
  const code = await latchkey.codeSentTo(phoneNumber)
  const request = { phoneNumber, code, ...fields }
  return assertStatus(await owner.post('/settings/PhoneNumber', request), 200)
}

/** Messages about changes of MFA, newest first, without those that contain a code. */
export async function mfaNoticesTo(latchkey: TestLatchkey, recipient: string): Promise<Message[]> {
  const messages = await latchkey.inbox(recipient)
  return messages.filter(({ subject }) => /second step/i.test(subject))
}

/** The types of an account’s MFA activity, newest first. */
export async function mfaActivityOf(owner: Owner): Promise<string[]> {
  const { body } = assertStatus(await owner.get('/settings/Activity?limit=100'), 200)
  return body.activity
    .map(({ type }: { type: string }) => type)
    .filter((type: string) => /^(mfa|recovery_codes)/.test(type))
}

/** Counts the sessions of an account that have not ended. */
export async function countLiveSessions(latchkey: TestLatchkey, { email }: Owner): Promise<number> {
  const [row] = await latchkey.sql(
    `select count(*) as alive from session join account on account.id = session.account_id
     where email = '${email}' and ended_at is null`,
  )
  return Number(row.alive)
}

/** All rows that decide how an account signs in, and its activity and messages. */
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
    // Without the columns that delivery updates.
    messages: await rows('outbox', 'id, channel, recipient, template, params'),
  }
}
