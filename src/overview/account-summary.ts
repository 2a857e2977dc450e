import { type ProfileView, profileViewOf, readProfile } from '../accounts/profile.ts'
import type { Settings } from '../config/settings.ts'
import { toIsoString } from '../lib/clock.ts'
import type { Language } from '../lib/language.ts'
import { mask } from '../lib/mask.ts'
import { isUnusablePassword } from '../lib/password-hasher.ts'
import { type MfaSignIn, readMfaSignIn } from '../mfa/mfa-sign-in.ts'
import { listPasskeys, type Passkey } from '../mfa/passkey/passkey.ts'
import { readRecoveryCodeStatus } from '../mfa/recovery-codes/recovery-codes.ts'
import { countSessions } from '../sessions/session.ts'
import { listTrustedDevices } from '../sessions/trusted-device.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'

/** An account as its owner and operators see it: no secret, and the phone number masked. */
export interface AccountSummary {
  id: string
  email: string
  phoneNumber: string | null
  language: Language
  profile: ProfileView
  /** Without one, a passkey confirms what a password would. */
  hasPassword: boolean
  createdAt: string
  passwordChangedAt: string
  /** Since then no password signs in until a new one is set. */
  passwordResetRequiredSince: string | null
  mfaSignIn: MfaSignIn
  recoveryCodes: { remaining: number; createdAt: string | null }
  passkeys: Passkey[]
  sessions: number
  trustedDevices: number
  suspension: { since: string; reason: string | null } | null
  deletedAt: string | null
  adminSince: string | null
}

/** @returns undefined if there is no such account */
export async function readAccountSummary(
  db: Db | Tx,
  id: string,
  { mfaMethods, profileAttributes }: Pick<Settings, 'mfaMethods' | 'profileAttributes'>,
): Promise<AccountSummary | undefined> {
  const row = await db
    .selectFrom('account')
    .select(['id', 'email', 'phone_number', 'created_at', 'password_changed_at'])
    .select([
      'password_hash',
      'password_reset_required_since',
      'suspended_since',
      'suspended_reason',
    ])
    .select(['deleted_at', 'operator_since'])
    .where('id', '=', id)
    .executeTakeFirst()
  const profile = await readProfile(db, id, profileAttributes)
  if (!row || !profile) return undefined
  return {
    id: row.id,
    email: row.email,
    // The last digits are enough to compare with a number given on the phone.
    phoneNumber: row.phone_number === null ? null : mask(row.phone_number),
    language: profile.locale,
    profile: profileViewOf(profile),
    hasPassword: !isUnusablePassword(row.password_hash),
    createdAt: toIsoString(row.created_at),
    passwordChangedAt: toIsoString(row.password_changed_at),
    passwordResetRequiredSince: toIsoStringOrNull(row.password_reset_required_since),
    mfaSignIn: await readMfaSignIn(db, id, mfaMethods),
    recoveryCodes: await readRecoveryCodeStatus(db, id),
    passkeys: await listPasskeys(db, id),
    sessions: await countSessions(db, id),
    trustedDevices: (await listTrustedDevices(db, id)).length,
    suspension:
      row.suspended_since === null
        ? null
        : { since: toIsoString(row.suspended_since), reason: row.suspended_reason },
    deletedAt: toIsoStringOrNull(row.deleted_at),
    adminSince: toIsoStringOrNull(row.operator_since),
  }
}

function toIsoStringOrNull(at: number | null): string | null {
  return at === null ? null : toIsoString(at)
}
