import { attributesOf } from '../accounts/profile.ts'
import type { AttributeDefinition } from '../config/profile-attributes.ts'
import { mfaMethods, type Settings } from '../config/settings.ts'
import type { Keyring } from '../keys/keyring.ts'
import { toIsoString } from '../lib/clock.ts'
import { isUnusablePassword } from '../lib/password-hasher.ts'
import { availableMethods, enrollmentColumns, enrollmentsOf } from '../mfa/methods/methods.ts'
import { openTotpSecret } from '../mfa/totp/totp.ts'
import { isMfaOn, mfaColumns } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { ProfileRecord } from './import-profile.ts'
import type { ImportRecord } from './import-record.ts'

interface ExportDeps {
  db: Db
  keyring: Keyring
  settings: Pick<Settings, 'profileAttributes'>
}

/** Accounts per query. */
const pageSize = 500

/**
 * Yields every account as an import record, oldest first, without those that their owners deleted.
 * Passkeys and recovery codes are not exported, because they work nowhere else.
 *
 * @param includeSecrets whether to export password hashes and secrets of authenticator apps
 */
export async function* exportAccounts(
  { db, keyring, settings }: ExportDeps,
  { includeSecrets }: { includeSecrets: boolean },
): AsyncGenerator<ImportRecord> {
  for (let afterId = ''; ; ) {
    const rows = await readPage(db, afterId)
    const totpSecrets = includeSecrets ? await readTotpSecrets(db, keyring, rows) : undefined
    const profiles = await readProfileRecords(db, rows, settings.profileAttributes)
    for (const row of rows) yield { ...recordOf(row, totpSecrets), ...profiles.get(row.id) }
    const last = rows.at(-1)
    if (!last) return
    afterId = last.id
  }
}

type AccountRow = Awaited<ReturnType<typeof readPage>>[number]

function readPage(db: Db, afterId: string) {
  return db
    .selectFrom('account')
    .select(['email', 'password_hash', 'password_reset_required_since'])
    .select(['created_at', 'language'])
    .select(mfaColumns)
    .select(enrollmentColumns)
    .where('deleted_at', 'is', null)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(pageSize)
    .execute()
}

/** Reads and unseals the secrets of authenticator apps, by account. */
async function readTotpSecrets(
  db: Db,
  keyring: Keyring,
  rows: AccountRow[],
): Promise<Map<string, string>> {
  const ids = rows.filter(({ authenticators }) => authenticators).map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const totpSecrets = await db
    .selectFrom('totp_secret')
    .select(['account_id', 'secret_sealed'])
    .where('account_id', 'in', ids)
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
    .execute()
  return new Map(
    totpSecrets.map(({ account_id, secret_sealed }) => [
      account_id,
      openTotpSecret(keyring, account_id, secret_sealed),
    ]),
  )
}

/** Reads the profiles and groups of accounts that have some. */
async function readProfileRecords(
  db: Db,
  rows: AccountRow[],
  definitions: readonly AttributeDefinition[],
): Promise<Map<string, ProfileRecord>> {
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const records = new Map<string, ProfileRecord>()
  const profiles = await db
    .selectFrom('profile')
    .select(['account_id', 'name', 'preferred_username', 'picture', 'attributes'])
    .where('account_id', 'in', ids)
    .execute()
  for (const row of profiles) {
    const attributes = attributesOf(row.attributes, definitions)
    records.set(row.account_id, {
      ...(row.name !== null && { name: row.name }),
      ...(row.preferred_username !== null && { preferredUsername: row.preferred_username }),
      ...(row.picture !== null && { picture: row.picture }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
    })
  }
  const groups = await db
    .selectFrom('account_group')
    .select(['account_id', 'name'])
    .where('account_id', 'in', ids)
    .execute()
  for (const { account_id, name } of groups) {
    const record = records.get(account_id) ?? {}
    records.set(account_id, { ...record, groups: [...(record.groups ?? []), name].sort() })
  }
  return records
}

/** @param totpSecrets undefined to export no secrets */
function recordOf(row: AccountRow, totpSecrets: Map<string, string> | undefined): ImportRecord {
  const { email, password_hash, phone_number, created_at, language } = row
  // A password that must be reset does not sign in: after an undo it may be a thief’s.
  const hasPassword =
    row.password_reset_required_since === null && !isUnusablePassword(password_hash)
  const { current } = enrollmentsOf(row)
  // A pending credential would be one that signs in after the import.
  const totpSecret = current.authenticator ? totpSecrets?.get(row.id) : undefined
  return {
    email,
    ...(totpSecrets && hasPassword && { passwordHash: password_hash }),
    ...(phone_number !== null && { phoneNumber: phone_number }),
    ...(current.email !== null && { mfaEmail: current.email }),
    ...(totpSecret !== undefined && { totpSecret }),
    mfaMethod: mfaMethodOf(row),
    createdAt: toIsoString(created_at),
    ...(language !== null && { language }),
  }
}

/** The default method; instead of a passkey, the strongest other one. */
function mfaMethodOf(row: AccountRow): string {
  if (!isMfaOn(row)) return 'off'
  if (row.mfa_method !== null && row.mfa_method !== 'passkey') return row.mfa_method
  const { current } = enrollmentsOf(row)
  const [strongest] = availableMethods({ ...current, passkeys: 0 }, mfaMethods, null)
  // An import refuses `passkey`, so that MFA is not lost silently.
  return strongest ?? 'passkey'
}
