import type { MfaMethod } from '../config/settings.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { activeMfaMethod, type MfaColumns } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import type { Enrollment } from './methods/method.ts'
import { availableMethods, readEnrollments } from './methods/methods.ts'

/**
 * The MFA epoch that a credential joins when it is enrolled: the one that is on, for the guard has
 * required a session that a second factor other than email signed in. Beside codes by email alone it
 * requires none, so the credential is pending, and only `turnOn` opens an epoch.
 *
 * @param ranking methods the operator offers, strongest first
 */
export async function joinableEpoch(
  tx: Tx,
  account: LockedAccount,
  ranking: readonly MfaMethod[],
): Promise<number | null> {
  return (await isEmailOnly(tx, account, ranking)) ? null : account.mfa_epoch
}

/** Reads whether MFA is on by codes by email alone: `hasOnlyEmail`. */
export async function isEmailOnly(
  db: Db | Tx,
  account: MfaColumns & { id: string },
  ranking: readonly MfaMethod[],
): Promise<boolean> {
  const { current } = await readEnrollments(db, account)
  return hasOnlyEmail(activeMfaMethod(account), current, ranking)
}

/**
 * Whether MFA is on by codes by email alone. Only methods that sign in count: one that the operator no
 * longer offers can neither be asked of its owner nor protect the account.
 *
 * @param defaultMethod null while MFA is off
 * @param ranking methods the operator offers, strongest first
 */
export function hasOnlyEmail(
  defaultMethod: MfaMethod | null,
  current: Enrollment,
  ranking: readonly MfaMethod[],
): boolean {
  const available = availableMethods(current, ranking, defaultMethod)
  return defaultMethod === 'email' && available.every((name) => name === 'email')
}
