/** Operators, and their actions on accounts. */
import assert from 'node:assert/strict'
import type { ApiResponse, TestLatchkey } from './latchkey.ts'
import type { Owner, OwnerOptions } from './owner.ts'

/** An operator, by default with MFA on and just signed in. */
export async function createOperator(
  latchkey: TestLatchkey,
  options: OwnerOptions = { mfaMethod: 'authenticator' },
): Promise<Owner> {
  const operator = await latchkey.owner(options)
  await grantOperator(latchkey, operator)
  return operator
}

/** Makes an owner an operator by SQL. The CLI command has its own tests. */
export function grantOperator(latchkey: TestLatchkey, { email }: Owner): Promise<unknown> {
  return latchkey.sql(
    `update account set operator_since = coalesce(mfa_on_since, 1) where email = '${email}'`,
  )
}

export async function accountIdOf(latchkey: TestLatchkey, { email }: Owner): Promise<string> {
  const [account] = await latchkey.sql(`select id from account where email = '${email}'`)
  assert.ok(account, `${email} has no account`)
  return account.id
}

/** The actions of an operator on an account, by method and resource. */
export const accountActions = {
  mfaOff: ['DELETE', 'MfaSignIn'],
  endSessions: ['DELETE', 'Sessions'],
  newPassword: ['POST', 'PasswordReset'],
  suspend: ['POST', 'Suspension'],
  unsuspend: ['DELETE', 'Suspension'],
} as const

/** Performs an operator’s action on an account. */
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
