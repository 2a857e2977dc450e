import type { Selectable } from 'kysely'
import type { MfaMethod } from '../config/settings.ts'
import type { AccountTable } from './schema.ts'

/**
 * The columns that hold whether MFA is on. `mfa_on_since` and `mfa_changed_at` are read and set in
 * this file alone, and restored from a snapshot; a test rejects any other use.
 */
export const mfaColumns = [
  'mfa_on_since',
  'mfa_method',
  'mfa_changed_at',
  'mfa_epoch',
  'last_mfa_epoch',
  'mfa_settles_at',
] as const satisfies (keyof AccountTable)[]

export type MfaColumns = Pick<Selectable<AccountTable>, (typeof mfaColumns)[number]>

export function isMfaOn(account: MfaColumns): boolean {
  return account.mfa_on_since !== null
}

/** When MFA was turned on, in milliseconds since 1970; null while it is off. */
export function mfaOnSince(account: MfaColumns): number | null {
  return account.mfa_on_since
}

/** The default method; null while MFA is off, even if one is stored. */
export function activeMfaMethod(account: MfaColumns): MfaMethod | null {
  return isMfaOn(account) ? (account.mfa_method as MfaMethod) : null
}

/** When MFA was last turned on or off, an undo included; null if it never was on. */
export function mfaChangedAt(account: MfaColumns): number | null {
  return account.mfa_changed_at
}

/**
 * Whether a credential is current: its epoch is the one that is on. While MFA is off there is none,
 * and every credential that is set up counts. Credentials that are not current are pending: they open
 * nothing until their owner proves them once from a session that was signed in with MFA.
 *
 * An epoch opens when MFA goes on, and when another method joins codes by email alone, which are
 * weaker than all others. So whatever was enrolled on weaker proof, perhaps by a thief, stays out.
 */
export function isCurrent(account: Pick<MfaColumns, 'mfa_epoch'>, epoch: number | null): boolean {
  return account.mfa_epoch === null || account.mfa_epoch === epoch
}

/** The number of the epoch that opens next: no number is given twice, whatever is undone. */
export function nextMfaEpoch(account: MfaColumns): number {
  return account.last_mfa_epoch + 1
}

/** The columns of an account whose MFA was never on. */
export const mfaNeverOn: MfaColumns = {
  mfa_on_since: null,
  mfa_method: null,
  mfa_changed_at: null,
  mfa_epoch: null,
  last_mfa_epoch: 0,
  mfa_settles_at: null,
}

/**
 * Whether the epoch that is on has settled, as far as its age decides. From then on an undo link asks
 * for a second factor of the epoch, too: by that time the owner would have noticed an epoch of a thief.
 * Codes by email alone protect no undo, whatever their age: `undoTakesFactor`.
 */
export function isSettled(account: Pick<MfaColumns, 'mfa_settles_at'>, at: number): boolean {
  return account.mfa_settles_at !== null && account.mfa_settles_at <= at
}

/**
 * The columns to set when an epoch opens with `method` as the default.
 *
 * @param time when it opens, and when it settles, in milliseconds since 1970
 */
export function mfaEpochOpened(
  account: MfaColumns,
  method: MfaMethod,
  { at, settlesAt }: { at: number; settlesAt: number },
): Partial<MfaColumns> {
  const epoch = nextMfaEpoch(account)
  return {
    mfa_method: method,
    mfa_epoch: epoch,
    last_mfa_epoch: epoch,
    mfa_settles_at: settlesAt,
    ...(!isMfaOn(account) && { mfa_on_since: at, mfa_changed_at: at }),
  }
}

/** The columns to set when MFA is turned off. The method stays stored. */
export function mfaTurnedOff(at: number): Partial<MfaColumns> {
  return { mfa_on_since: null, mfa_changed_at: at, mfa_epoch: null, mfa_settles_at: null }
}

/**
 * The columns to set beside a restored snapshot: an undo that turns MFA on or off is a change, too. An
 * epoch that comes back before it had settled starts settling again; time off does not count.
 *
 * @param account as it is before it is restored
 * @param times when the snapshot was taken, when it is restored, and when an epoch that opens then settles
 */
export function mfaRestored(
  account: MfaColumns,
  restored: Pick<MfaColumns, 'mfa_on_since' | 'mfa_epoch' | 'mfa_settles_at'>,
  { takenAt, at, settlesAt }: { takenAt: number; at: number; settlesAt: number },
): Partial<MfaColumns> {
  const wasUnsettled = restored.mfa_settles_at !== null && !isSettled(restored, takenAt)
  return {
    ...(account.mfa_on_since !== restored.mfa_on_since && { mfa_changed_at: at }),
    ...(account.mfa_epoch === restored.mfa_epoch
      ? { mfa_settles_at: account.mfa_settles_at }
      : wasUnsettled && { mfa_settles_at: settlesAt }),
  }
}
