import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Insertable } from 'kysely'
import { exportAccounts } from '../../src/admin/export.ts'
import { readUser } from '../../src/admin/users.ts'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { mfaMethods } from '../../src/config/settings.ts'
import { parseKeyring } from '../../src/keys/keyring.ts'
import { readAccountCredentials } from '../../src/overview/account-credentials.ts'
import { analyzeWaysIn } from '../../src/overview/ways-in.ts'
import { lockedColumns } from '../../src/sessions/locked-account.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import type { AccountTable } from '../../src/store/schema.ts'
import { snapshotColumns } from '../../src/undo/snapshot.ts'
import { createTempFolder } from '../support/process.ts'

/** An account on which every column that a reader could use has a value. */
const account = {
  id: '0199-a',
  email: 'ada@example.com',
  email_key: 'ada@example.com',
  password_hash: '$argon2id$of-ada',
  password_changed_at: 1000,
  phone_number: '+14155550123',
  phone_verified_at: 1000,
  phone_mfa_since: 1000,
  phone_mfa_epoch: 1,
  mfa_email: 'ada@example.com',
  mfa_email_epoch: 1,
  mfa_on_since: 1000,
  mfa_method: 'sms',
  mfa_changed_at: 1000,
  mfa_epoch: 1,
  last_mfa_epoch: 2,
  mfa_settles_at: 1000,
  credential_version: 1,
  password_reset_required_since: null,
  reset_by_email_at: null,
  deleted_at: null,
  created_at: 1000,
  user_handle: null,
  language: 'en',
  import_fingerprint: null,
  suspended_since: 1000,
  suspended_reason: 'Stolen laptop',
  operator_since: 1000,
} satisfies Insertable<AccountTable>

type Value = string | number | null

type User = 'export' | 'undo' | 'guard' | 'show' | 'ways-in'

/**
 * The parts that use each column, after another value for it, or several values that belong together. `export` writes it to
 * `accounts export --secrets`; `undo` restores it; `guard` locks it with the account; `show` prints
 * it in `accounts show` and `/admin/Users/:id`; `ways-in` decides `/settings/WaysIn` by it.
 */
const columns: Record<keyof AccountTable, [other: Value | Record<string, Value>, ...User[]]> = {
  id: ['0199-b', 'guard', 'show'],
  email: ['eve@example.com', 'export', 'undo', 'guard', 'show', 'ways-in'],
  email_key: ['eve@example.com', 'undo', 'guard'],
  password_hash: ['$argon2id$of-eve', 'export', 'undo', 'guard'],
  password_changed_at: [2000, 'undo', 'show'],
  phone_number: [null, 'export', 'undo', 'guard', 'show', 'ways-in'],
  phone_verified_at: [2000, 'undo'],
  phone_mfa_since: [null, 'undo', 'guard', 'show', 'ways-in'],
  phone_mfa_epoch: [2, 'undo', 'show', 'ways-in'],
  mfa_email: [null, 'export', 'undo', 'guard', 'show', 'ways-in'],
  mfa_email_epoch: [2, 'export', 'undo', 'show', 'ways-in'],
  // Both are null while MFA is off.
  mfa_on_since: [
    { mfa_on_since: null, mfa_epoch: null },
    'export',
    'undo',
    'guard',
    'show',
    'ways-in',
  ],
  mfa_method: ['email', 'export', 'undo', 'guard', 'show', 'ways-in'],
  mfa_changed_at: [2000, 'guard', 'show'],
  mfa_epoch: [2, 'export', 'undo', 'guard', 'show', 'ways-in'],
  last_mfa_epoch: [3, 'guard'],
  mfa_settles_at: [2000, 'undo', 'guard'],
  credential_version: [2, 'guard'],
  password_reset_required_since: [2000, 'export', 'guard', 'show'],
  reset_by_email_at: [2000, 'guard'],
  deleted_at: [2000, 'export', 'undo', 'guard', 'show'],
  created_at: [2000, 'export', 'show'],
  user_handle: ['random'],
  language: ['de', 'export', 'show'],
  import_fingerprint: ['of a line'],
  suspended_since: [null, 'guard', 'show'],
  suspended_reason: ['Lost phone', 'show'],
  operator_since: [null, 'show'],
}

/** The output of each reader, as text. */
async function outputs(db: Db, id: string): Promise<Partial<Record<User, string>>> {
  const keyring = parseKeyring(generateEncryptionKey('test'))
  const exported = await Array.fromAsync(
    exportAccounts({ db, keyring, settings: { profileAttributes: [] } }, { includeSecrets: true }),
  )
  return {
    export: JSON.stringify(exported),
    show: JSON.stringify(await readUser(db, { mfaMethods, profileAttributes: [] }, id)),
    'ways-in': JSON.stringify(analyzeWaysIn(await readAccountCredentials(db, id, mfaMethods))),
  }
}

test('every account column names the parts that use it, and no other part does', async (t) => {
  const db = openDatabase(`sqlite:${join(createTempFolder(t), 'latchkey.sqlite')}`)
  t.after(() => db.destroy())
  await migrate(db)
  const [table] = (await db.introspection.getTables()).filter(({ name }) => name === 'account')
  assert.deepEqual(table?.columns.map(({ name }) => name).sort(), Object.keys(columns).sort())

  await db.insertInto('account').values(account).execute()
  const before = await outputs(db, account.id)
  for (const [column, [other, ...users]] of Object.entries(columns)) {
    const changes = typeof other === 'object' && other !== null ? other : { [column]: other }
    const changed = { ...account, ...changes }
    await db.updateTable('account').set(changed).execute()
    const after = await outputs(db, changed.id)
    const found = [
      ...(['export', 'show', 'ways-in'] as const).filter((user) => after[user] !== before[user]),
      ...(snapshotColumns.some((name) => name === column) ? ['undo'] : []),
      ...(lockedColumns.some((name) => name === column) ? ['guard'] : []),
    ]
    assert.deepEqual(found.sort(), users.sort(), column)
  }
})
