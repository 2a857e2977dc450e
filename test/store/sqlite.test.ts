import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { type Insertable, sql } from 'kysely'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import type { Schema } from '../../src/store/schema.ts'
import { createTempFolder } from '../support/process.ts'
import { forkSqliteOpener } from '../support/sqlite-opener.ts'

/** Opens a database as the service does, so that the tests query its connection. */
function open(t: TestContext, folder = createTempFolder(t)): Db {
  const db = openDatabase(`sqlite:${join(folder, 'latchkey.sqlite')}`)
  t.after(() => db.destroy())
  return db
}

async function pragma(db: Db, name: string): Promise<unknown> {
  const { rows } = await sql`pragma ${sql.raw(name)}`.execute(db)
  return Object.values(rows[0] as object)[0]
}

test('an acknowledged change is on disk: write-ahead log, synchronous FULL', async (t) => {
  const db = open(t)
  assert.equal(await pragma(db, 'journal_mode'), 'wal')
  assert.equal(await pragma(db, 'synchronous'), 2)
})

test('a row cannot refer to a missing row and is deleted with the row it belongs to', async (t) => {
  const db = open(t)
  await migrate(db)
  assert.equal(await pragma(db, 'foreign_keys'), 1)
  await assert.rejects(
    db.insertInto('recovery_code').values(recoveryCodeOf('nobody')).execute(),
    /FOREIGN KEY constraint failed/,
  )
  await db.insertInto('account').values(account).execute()
  await db.insertInto('recovery_code').values(recoveryCodeOf(account.id)).execute()
  await db.deleteFrom('account').execute()
  assert.deepEqual(await db.selectFrom('recovery_code').selectAll().execute(), [])
})

test('every table accepts only values of its columns’ types', async (t) => {
  const db = open(t)
  await migrate(db)
  const { rows } = await sql<{ name: string; strict: number }>`
    select name, strict from pragma_table_list where schema = 'main' and type = 'table'
      and name not like 'sqlite!_%' escape '!'`.execute(db)
  assert.ok(rows.length > 10)
  for (const { name, strict } of rows) assert.equal(strict, 1, name)
  // Without `strict`, SQLite would store a text in an integer column, and compare it wrongly later.
  const wrong = { ...account, created_at: 'yesterday' as unknown as number }
  await assert.rejects(db.insertInto('account').values(wrong).execute(), /cannot store TEXT/)
})

test('a transaction locks the database from its start, before it writes', async (t) => {
  const folder = createTempFolder(t)
  const db = open(t, folder)
  await migrate(db)
  const another = new DatabaseSync(join(folder, 'latchkey.sqlite'), { timeout: 0 })
  t.after(() => another.close())
  await db.transaction().execute(async (tx) => {
    // The rows read here stay as they are until the commit: no other writer can begin.
    await tx.selectFrom('account').selectAll().execute()
    assert.throws(() => another.exec('begin immediate'), /database is locked/)
  })
  another.exec('begin immediate; rollback')
})

test('two processes can create one file concurrently', async (t) => {
  const folder = createTempFolder(t)
  const [one, other] = [await forkSqliteOpener(t), await forkSqliteOpener(t)]
  for (let round = 1; round <= 150; round += 1) {
    const file = join(folder, `${round}.sqlite`)
    const at = Date.now() + 5
    const outcomes = await Promise.all([one(file, at), other(file, at)])
    assert.deepEqual(outcomes, ['opened', 'opened'], `round ${round}`)
  }
})

test('an existing file keeps its mode, and a new one is private to its user', (t) => {
  const folder = createTempFolder(t)
  const shared = join(folder, 'shared/latchkey.sqlite')
  mkdirSync(join(folder, 'shared'))
  writeFileSync(shared, '')
  chmodSync(shared, 0o640)
  for (const [file, mode] of [
    [shared, '640'],
    [join(folder, 'own/latchkey.sqlite'), '600'],
  ] as const) {
    const db = openDatabase(`sqlite:${file}`)
    t.after(() => db.destroy())
    assert.equal((statSync(file).mode & 0o777).toString(8), mode)
  }
})

const account = {
  id: 'a',
  email: 'ada@example.com',
  email_key: 'ada@example.com',
  password_hash: '',
  password_changed_at: 0,
  credential_version: 1,
  created_at: 0,
  last_mfa_epoch: 0,
  mfa_settles_at: null,
} satisfies Insertable<Schema['account']>

const recoveryCodeOf = (account_id: string) =>
  ({ id: 'r', account_id, code_hash: 'h', created_at: 0, mfa_epoch: 1 }) satisfies Insertable<
    Schema['recovery_code']
  >
