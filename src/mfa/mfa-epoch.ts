import { type MfaMethod, mfaMethods } from '../config/settings.ts'
import { Problem } from '../lib/problem.ts'
import { type Amr, acrOf, parseAmr } from '../sessions/assurance.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { activeMfaMethod, isMfaOn } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'
import type { Enrollment } from './methods/method.ts'
import { availableMethods, readEnrollments } from './methods/methods.ts'

/**
 * The MFA epoch that a credential joins when it is enrolled in a session: the one that is on, if a
 * second factor other than email has signed the session in. Otherwise the credential is pending; so it
 * is beside codes by email alone, where only `turnOn` opens an epoch.
 */
export async function joinableEpoch(
  tx: Tx,
  account: LockedAccount,
  session: string,
): Promise<number | null> {
  const { current } = await readEnrollments(tx, account)
  return hasOnlyEmail(account, current, mfaMethods) || !(await isAal2(tx, session))
    ? null
    : account.mfa_epoch
}

/**
 * Ensures that a factor which is not current may be proven in a session. While MFA is on by more than
 * codes by email, it would join the epoch, and that takes a second factor other than email.
 *
 * @param ranking methods the operator offers, strongest first
 * @throws Problem `insufficient_user_authentication`
 */
export async function ensureMayJoin(
  tx: Tx,
  account: LockedAccount,
  session: string,
  ranking: readonly MfaMethod[],
): Promise<void> {
  const { current } = await readEnrollments(tx, account)
  const opensEpoch = !isMfaOn(account) || hasOnlyEmail(account, current, ranking)
  if (opensEpoch || (await isAal2(tx, session))) return
  throw new Problem(
    'insufficient_user_authentication',
    'A code by email is not enough for this. Please sign in with another second step, then try again.',
    { stepUp: { acrValues: 'aal2' } },
  )
}

/** Whether no method but codes by email signs in. @param ranking methods the operator offers */
export function hasOnlyEmail(
  account: LockedAccount,
  current: Enrollment,
  ranking: readonly MfaMethod[],
): boolean {
  const available = availableMethods(current, ranking, activeMfaMethod(account))
  return available.every((name) => name === 'email')
}

async function isAal2(tx: Tx, session: string): Promise<boolean> {
  return acrOf(await readAmr(tx, session)) === 'aal2'
}

/** The authentication methods of a session. */
export async function readAmr(tx: Tx, session: string): Promise<Amr[]> {
  const { amr } = await tx
    .selectFrom('session')
    .select('amr')
    .where('id', '=', session)
    .executeTakeFirstOrThrow()
  return parseAmr(amr)
}
