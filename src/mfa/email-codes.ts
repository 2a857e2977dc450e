import type { MfaMethod } from '../config/settings.ts'
import type { Principal } from '../sessions/guard.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { activeMfaMethod } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'
import { availableMethods, readEnrollments } from './methods/methods.ts'
import { removeMethod } from './mfa-sign-in.ts'

/**
 * Gives up codes by email as a method; the account keeps its address. Does nothing if they are none.
 *
 * @param ranking methods the operator offers, strongest first
 * @throws Problem `last_method` while MFA is on and no other method is left
 */
export async function removeEmailCodes(
  tx: Tx,
  account: LockedAccount,
  ranking: readonly MfaMethod[],
  principal: Principal,
): Promise<void> {
  if (account.mfa_email === null) return
  const { current } = await readEnrollments(tx, account)
  const remaining = availableMethods({ ...current, email: null }, ranking, activeMfaMethod(account))
  const set = { mfa_email: null, mfa_email_epoch: null }
  await removeMethod(
    tx,
    account,
    { removed: 'email', remaining, set },
    { by: 'owner', ...principal },
  )
}
