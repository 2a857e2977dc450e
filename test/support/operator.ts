/** Those who run the service, as tests meet them. */
import type { ApiResponse, TestLatchkey } from './latchkey.ts'
import type { Owner, OwnerOptions } from './owner.ts'

/** Somebody who may help others: with MFA on, freshly signed in, unless it is said otherwise. */
export async function createOperator(
  latchkey: TestLatchkey,
  options: OwnerOptions = { mfaMethod: 'authenticator' },
): Promise<Owner> {
  const operator = await latchkey.owner(options)
  await grantOperator(latchkey, operator)
  return operator
}

/** Past the service: what the command for it does has tests of its own. */
export function grantOperator(latchkey: TestLatchkey, { email }: Owner): Promise<unknown> {
  return latchkey.sql(
    `update account set operator_since = coalesce(mfa_on_since, 1) where email = '${email}'`,
  )
}

export async function accountIdOf(latchkey: TestLatchkey, { email }: Owner): Promise<string> {
  const [{ id }] = await latchkey.sql(`select id from account where email = '${email}'`)
  return id
}

/** What an operator can do to an account, by a call. */
export const accountActions = {
  mfaOff: ['DELETE', 'MfaSignIn'],
  endSessions: ['DELETE', 'Sessions'],
  newPassword: ['POST', 'PasswordReset'],
  suspend: ['POST', 'Suspension'],
  unsuspend: ['DELETE', 'Suspension'],
} as const

/** Has an operator act on somebody's account. */
export async function actOnAccount(
  latchkey: TestLatchkey,
  operator: Owner,
  action: keyof typeof accountActions,
  { target, reason }: { target: Owner; reason?: string | undefined },
): Promise<ApiResponse> {
  const [method, resource] = accountActions[action]
  return latchkey.request(
    method,
    `/admin/Users/${await accountIdOf(latchkey, target)}/${resource}`,
    {
      token: operator.accessToken,
      body: reason === undefined ? {} : { reason },
    },
  )
}
