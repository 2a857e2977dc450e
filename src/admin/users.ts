import type { MfaMethod } from '../config/settings.ts'
import { toIsoString } from '../lib/clock.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { mask } from '../lib/mask.ts'
import { readRecoveryCodeStatus } from '../mfa/methods/recovery-code.ts'
import { type MfaSignIn, readMfaSignIn } from '../mfa/mfa-sign-in.ts'
import { listPasskeys } from '../mfa/passkey/assertion.ts'
import { countSessions } from '../sessions/session.ts'
import { listTrustedDevices } from '../sessions/trusted-device.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import { reservedAddresses } from '../undo/undo-token.ts'

/**
 * An account as operators see it: what helping its owner takes, and nothing that opens anything.
 * The number is masked, for its last digits are enough to compare with what somebody says on the
 * phone.
 */
export interface User {
  id: string
  email: string
  phoneNumber: string | null
  createdAt: string
  lastSignInAt: string | null
  passwordChangedAt: string
  /** Since then no password signs in until a new one is set. */
  passwordResetRequiredSince: string | null
  mfaSignIn: MfaSignIn
  recoveryCodes: { remaining: number; createdAt: string | null }
  passkeys: number
  sessions: number
  trustedDevices: number
  suspension: { since: string; reason: string | null } | null
  deletedAt: string | null
  adminSince: string | null
}

/** What reading accounts takes: which methods count as strongest. */
export interface UserDeps {
  mfaMethods: readonly MfaMethod[]
}

/** @returns undefined if there is no such account */
export async function readUser(
  db: Db | Tx,
  { mfaMethods }: UserDeps,
  id: string,
): Promise<User | undefined> {
  const row = await db
    .selectFrom('account')
    .select(['id', 'email', 'phone_number', 'created_at', 'password_changed_at'])
    .select(['password_reset_required_since', 'suspended_since', 'suspended_reason'])
    .select(['deleted_at', 'operator_since'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const lastSignIn = await db
    .selectFrom('activity')
    .select('at')
    .where('account_id', '=', id)
    .where('type', '=', 'signin.succeeded')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return {
    id: row.id,
    email: row.email,
    phoneNumber: row.phone_number === null ? null : mask(row.phone_number),
    createdAt: toIsoString(row.created_at),
    lastSignInAt: instantOrNull(lastSignIn?.at),
    passwordChangedAt: toIsoString(row.password_changed_at),
    passwordResetRequiredSince: instantOrNull(row.password_reset_required_since),
    mfaSignIn: await readMfaSignIn(db, id, mfaMethods),
    recoveryCodes: await readRecoveryCodeStatus(db, id),
    passkeys: (await listPasskeys(db, id)).length,
    sessions: await countSessions(db, id),
    trustedDevices: (await listTrustedDevices(db, id)).length,
    suspension:
      row.suspended_since === null
        ? null
        : { since: toIsoString(row.suspended_since), reason: row.suspended_reason },
    deletedAt: instantOrNull(row.deleted_at),
    adminSince: instantOrNull(row.operator_since),
  }
}

function instantOrNull(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : toIsoString(at)
}

/**
 * The accounts that have an address, or had it and may get it back: a thief may have put another
 * one in its place. Whoever has it now comes first.
 */
export async function findUsers(db: Db, deps: UserDeps, email: string): Promise<User[]> {
  const key = parseEmailAddress(email)?.key ?? ''
  const rows = await db
    .selectFrom('account')
    .select(['id', 'email_key'])
    .where((row) =>
      row.or([
        row('email_key', '=', key),
        row('id', 'in', reservedAddresses(db, [key]).select('account_id')),
      ]),
    )
    .orderBy('id', 'desc')
    .limit(25)
    .execute()
  const current = rows.filter(({ email_key }) => email_key === key)
  const former = rows.filter(({ email_key }) => email_key !== key)
  const found = await Promise.all([...current, ...former].map(({ id }) => readUser(db, deps, id)))
  return found.filter((user) => user !== undefined)
}

/** The id of the account that has this id or, now, this address; undefined if there is none. */
export async function findAccountId(tx: Tx | Db, idOrEmail: string): Promise<string | undefined> {
  const key = parseEmailAddress(idOrEmail)?.key
  const row = await tx
    .selectFrom('account')
    .select('id')
    .where(key === undefined ? 'id' : 'email_key', '=', key ?? idOrEmail)
    .executeTakeFirst()
  return row?.id
}
