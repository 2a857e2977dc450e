/** Those who run the service, as tests meet them. */
import type { Answer, TestLatchkey } from './latchkey.ts'
import type { Owner, OwnerOptions } from './owner.ts'

/** Somebody who may help others: with MFA on, freshly signed in, unless it is said otherwise. */
export async function newOperator(
  latchkey: TestLatchkey,
  options: OwnerOptions = { mfaMethod: 'authenticator' },
): Promise<Owner> {
  const operator = await latchkey.owner(options)
  await makeOperator(latchkey, operator)
  return operator
}

/** Past the service: what the command for it does has tests of its own. */
export function makeOperator(latchkey: TestLatchkey, { email }: Owner): Promise<unknown> {
  return latchkey.sql(
    `update account set operator_since = coalesce(mfa_on_since, 1) where email = '${email}'`,
  )
}

export async function idOf(latchkey: TestLatchkey, { email }: Owner): Promise<string> {
  const [{ id }] = await latchkey.sql(`select id from account where email = '${email}'`)
  return id
}

/** What an operator can do to an account, by a call. */
export const acts = {
  mfaOff: ['DELETE', 'MfaSignIn'],
  endSessions: ['DELETE', 'Sessions'],
  newPassword: ['POST', 'PasswordReset'],
  suspend: ['POST', 'Suspension'],
  unsuspend: ['DELETE', 'Suspension'],
} as const

/** Has an operator act on somebody's account. */
export async function act(
  latchkey: TestLatchkey,
  operator: Owner,
  what: keyof typeof acts,
  { on, reason }: { on: Owner; reason?: string | undefined },
): Promise<Answer> {
  const [method, resource] = acts[what]
  return latchkey.request(method, `/admin/Users/${await idOf(latchkey, on)}/${resource}`, {
    token: operator.accessToken,
    body: reason === undefined ? {} : { reason },
  })
}
