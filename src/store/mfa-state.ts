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
 * Whether recovery codes created at `createdAt` survive turning MFA on.
 *
 * While MFA is off, the password alone generates recovery codes, so a password thief could prepare
 * some. Only codes that were there when MFA was last turned off are known to be the owner's.
 */
export function areRecoveryCodesTrusted(account: MfaColumns, createdAt: number): boolean {
  return isMfaOn(account) || createdAt <= (account.mfa_changed_at ?? 0)
}

/** The columns of an account whose MFA was never on. */
export const mfaNeverOn: MfaColumns = {
  mfa_on_since: null,
  mfa_method: null,
  mfa_changed_at: null,
}

/** The columns to set when `method` becomes the default; if MFA is off, it is turned on. */
export function mfaTurnedOn(
  account: MfaColumns,
  method: MfaMethod,
  at: number,
): Partial<MfaColumns> {
  return isMfaOn(account)
    ? { mfa_method: method }
    : { mfa_on_since: at, mfa_method: method, mfa_changed_at: at }
}

/** The columns to set when MFA is turned off. The method stays stored. */
export function mfaTurnedOff(at: number): Partial<MfaColumns> {
  return { mfa_on_since: null, mfa_changed_at: at }
}

/** The columns to set beside a restored snapshot: an undo that turns MFA on or off is a change, too. */
export function mfaRestored(
  account: MfaColumns,
  restored: Pick<MfaColumns, 'mfa_on_since'>,
  at: number,
): Partial<MfaColumns> {
  return account.mfa_on_since === restored.mfa_on_since ? {} : { mfa_changed_at: at }
}
