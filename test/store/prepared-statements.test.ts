/** Prepared statements of PostgreSQL. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { createStatementNames } from '../../src/store/prepared-statements.ts'
import { createDatabase } from '../support/database.ts'

for (const prepare of [true, false]) {
  test(`PostgreSQL ${prepare ? 'keeps statements prepared' : 'prepares nothing if it is not asked to'}`, async (t) => {
    const db = openDatabase(await createDatabase(t, 'PostgreSQL'), { prepare })
    t.after(() => db.destroy())
    await migrate(db)
    await db.connection().execute(async (connection) => {
      const read = (id: string) =>
        connection.selectFrom('account').select('id').where('id', '=', id).execute()
      await read('a')
      await read('b')
      const prepared = await preparedOn(connection)
      assert.equal(
        prepared.filter((text) => text.includes('from "account"')).length,
        prepare ? 1 : 0,
      )
    })
  })
}

test('a prepared statement on PostgreSQL survives a migration that adds columns', async (t) => {
  const db = openDatabase(await createDatabase(t, 'PostgreSQL'), { prepare: true })
  t.after(() => db.destroy())
  await migrate(db)
  await db.connection().execute(async (connection) => {
    const readAll = () => connection.selectFrom('account').selectAll().execute()
    const readId = () => connection.selectFrom('account').select('id').execute()
    const change = () =>
      connection.updateTable('account').set({ language: 'de' }).returningAll().execute()
    for (const run of [readAll, readId, change]) assert.deepEqual(await run(), [])
    await sql`alter table account add column added text`.execute(connection)
    for (const run of [readAll, readId, change]) assert.deepEqual(await run(), [])
  })
})

test('a limited number of statements is prepared, and only those that read or write rows', () => {
  const nameOf = createStatementNames()
  for (const text of ['begin', 'commit', 'set local statement_timeout = 0', 'lock table account']) {
    assert.equal(nameOf(text), undefined)
  }
  const names = Array.from({ length: 2000 }, (_, i) => nameOf(`select ${i}`))
  const given = names.filter((name) => name !== undefined)
  assert.ok(given.length > 0 && given.length < 1000, `${given.length}`)
  assert.equal(new Set(given).size, given.length)
  assert.equal(nameOf('select 0'), names[0])
})

async function preparedOn(connection: Db): Promise<string[]> {
  const { rows } = await sql<{ statement: string }>`
    select statement from pg_prepared_statements`.execute(connection)
  return rows.map(({ statement }) => statement)
}
