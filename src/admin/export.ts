import { instant } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { isNoPassword } from '../lib/passwords.ts'
import { openSecret } from '../mfa/methods/authenticator.ts'
import { availableMethods, setUpColumns, setUpOf } from '../mfa/methods/methods.ts'
import { mfaMethods } from '../settings.ts'
import type { Db } from '../store/open.ts'
import type { AccountLine } from './account-line.ts'

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
  { db, keys }: { db: Db; keys: Keys },
  { secrets }: { secrets: boolean },
): AsyncGenerator<AccountLine> {
  for (let after = ''; ; ) {
    const rows = await page(db, after)
    const apps = secrets ? await appSecrets(db, keys, rows) : undefined
    for (const row of rows) yield lineOf(row, apps)
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}

type Row = Awaited<ReturnType<typeof page>>[number]

function page(db: Db, after: string) {
  return db
    .selectFrom('account')
    .select([
      'email',
      'password_hash',
      'password_reset_required_since',
      'mfa_on_since',
      'mfa_method',
    ])
    .select(['created_at', 'language'])
    .select(setUpColumns)
    .where('deleted_at', 'is', null)
    .where('id', '>', after)
    .orderBy('id')
    .limit(pageSize)
    .execute()
}

/** By account. */
async function appSecrets(db: Db, keys: Keys, rows: Row[]): Promise<Map<string, string>> {
  const ids = rows.filter(({ authenticators }) => authenticators).map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const apps = await db
    .selectFrom('totp_secret')
    .select(['account_id', 'secret_sealed'])
    .where('account_id', 'in', ids)
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
    .execute()
  return new Map(
    apps.map(({ account_id, secret_sealed }) => [
      account_id,
      openSecret(keys, account_id, secret_sealed),
    ]),
  )
}

/** @param apps undefined: without secrets */
function lineOf(row: Row, apps: Map<string, string> | undefined): AccountLine {
  const { email, password_hash, phone_number, mfa_email, created_at, language } = row
  // After an undo no password opens the account: the one that is stored may be a thief’s.
  const hasPassword = row.password_reset_required_since === null && !isNoPassword(password_hash)
  const totpSecret = apps?.get(row.id)
  return {
    email,
    ...(apps && hasPassword && { passwordHash: password_hash }),
    ...(phone_number !== null && { phoneNumber: phone_number }),
    ...(mfa_email !== null && { mfaEmail: mfa_email }),
    ...(totpSecret !== undefined && { totpSecret }),
    mfaMethod: mfaMethodOf(row),
    createdAt: instant(created_at),
    ...(language !== null && { language }),
  }
}

/** The method asked for, or the strongest of the others where it is a passkey. */
function mfaMethodOf(row: Row): string {
  if (row.mfa_on_since === null) return 'off'
  if (row.mfa_method !== null && row.mfa_method !== 'passkey') return row.mfa_method
  const [next] = availableMethods({ ...setUpOf(row), passkeys: 0 }, mfaMethods)
  // An import refuses it: MFA that can’t be brought along must not go off unsaid.
  return next ?? 'passkey'
}
