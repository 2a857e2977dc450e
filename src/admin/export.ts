import { mfaMethods } from '../config/settings.ts'
import type { Keyring } from '../keys/keyring.ts'
import { toIsoString } from '../lib/clock.ts'
import { isUnusablePassword } from '../lib/password-hasher.ts'
import { availableMethods, enrollmentColumns, enrollmentOf } from '../mfa/methods/methods.ts'
import { openTotpSecret } from '../mfa/totp/totp.ts'
import { isMfaOn, mfaColumns } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { ImportRecord } from './import-record.ts'

/** Accounts a query. */
const pageSize = 500

/**
 * Every account as a line that an import takes, in the order in which they came to be. Those that
 * their owners deleted are left out; passkeys and recovery codes stay behind, for they work nowhere
 * else.
 *
 * @param secrets whether password hashes and app secrets are in it
 */
export async function* exportAccounts(
  { db, keyring }: { db: Db; keyring: Keyring },
  { includeSecrets }: { includeSecrets: boolean },
): AsyncGenerator<ImportRecord> {
  for (let afterId = ''; ; ) {
    const rows = await readPage(db, afterId)
    const totpSecrets = includeSecrets ? await readTotpSecrets(db, keyring, rows) : undefined
    for (const row of rows) yield recordOf(row, totpSecrets)
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

/** By account. */
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

/** @param totpSecrets undefined: without secrets */
function recordOf(row: AccountRow, totpSecrets: Map<string, string> | undefined): ImportRecord {
  const { email, password_hash, phone_number, mfa_email, created_at, language } = row
  // After an undo no password opens the account: the one that is stored may be a thief’s.
  const hasPassword =
    row.password_reset_required_since === null && !isUnusablePassword(password_hash)
  const totpSecret = totpSecrets?.get(row.id)
  return {
    email,
    ...(totpSecrets && hasPassword && { passwordHash: password_hash }),
    ...(phone_number !== null && { phoneNumber: phone_number }),
    ...(mfa_email !== null && { mfaEmail: mfa_email }),
    ...(totpSecret !== undefined && { totpSecret }),
    mfaMethod: mfaMethodOf(row),
    createdAt: toIsoString(created_at),
    ...(language !== null && { language }),
  }
}

/** The method asked for, or the strongest of the others where it is a passkey. */
function mfaMethodOf(row: AccountRow): string {
  if (!isMfaOn(row)) return 'off'
  if (row.mfa_method !== null && row.mfa_method !== 'passkey') return row.mfa_method
  const [strongest] = availableMethods({ ...enrollmentOf(row), passkeys: 0 }, mfaMethods)
  // An import refuses it: MFA that can’t be brought along must not go off unsaid.
  return strongest ?? 'passkey'
}
