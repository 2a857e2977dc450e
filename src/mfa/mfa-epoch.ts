import type { MfaMethod } from '../config/settings.ts'
import { isUnusablePassword } from '../lib/password-hasher.ts'
import { Problem } from '../lib/problem.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { activeMfaMethod, isMfaOn, type MfaColumns } from '../store/mfa-state.ts'
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

/**
 * Whether turning a method on opens an MFA epoch: MFA is off, or on by codes by email alone.
 *
 * @param ranking methods the operator offers, strongest first
 */
export async function opensEpoch(
  tx: Tx,
  account: LockedAccount,
  method: MfaMethod,
  ranking: readonly MfaMethod[],
): Promise<boolean> {
  return !isMfaOn(account) || (method !== 'email' && (await isEmailOnly(tx, account, ranking)))
}

/**
 * An account without a password signs in by its passkeys, so only one of them opens an epoch for it: by
 * another method they would all become pending, and their owner be locked out.
 *
 * @throws Problem `method_not_set_up`
 */
export async function ensureOwnerStaysIn(
  tx: Tx,
  account: LockedAccount,
  method: MfaMethod,
  ranking: readonly MfaMethod[],
): Promise<void> {
  if (method === 'passkey' || !isUnusablePassword(account.password_hash)) return
  if (!(await opensEpoch(tx, account, method, ranking))) return
  throw new Problem(
    'method_not_set_up',
    'This account has no password, so turn MFA on with a passkey first. Other methods can follow.',
  )
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
