/** Queries that are compiled once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { prepared } from '../../src/store/prepared-query.ts'
import type { RateLimitHitTable } from '../../src/store/schema.ts'
import { createDatabase, databaseKinds } from '../support/database.ts'

for (const kind of databaseKinds) {
  test(`a prepared query reads and writes the values of each call, on ${kind}`, async (t) => {
    let compiled = 0
    const insert = prepared((db, row: RateLimitHitTable) => {
      compiled += 1
      return db.insertInto('rate_limit_hit').values(row)
    })
    const select = prepared((db, { ids, after }: { ids: readonly string[]; after: number }) => {
      compiled += 1
      const rows = db.selectFrom('rate_limit_hit').select(['id', 'key', 'at']).orderBy('id')
      return rows.where('id', 'in', ids).where('at', '>', after)
    })
    // Rows of SQLite have no prototype.
    const read = async (db: Db, values: Parameters<typeof select>[1]) =>
      (await select(db, values)).map((row) => ({ ...row }))
    const change = prepared((db, { id, ...set }: { id: string; key?: string; at?: number }) => {
      compiled += 1
      return db.updateTable('rate_limit_hit').set(set).where('id', '=', id).returning('key')
    })

    const [a, b] = [
      { id: 'a', key: 'k', at: 1 },
      { id: 'b', key: 'l', at: 2 },
    ]
    const db = openDatabase(await createDatabase(t, kind))
    t.after(() => db.destroy())
    await migrate(db)
    await insert(db, a)
    await insert(db, b)
    assert.equal(compiled, 1)

    assert.deepEqual(await read(db, { ids: ['a', 'b'], after: 0 }), [a, b])
    assert.deepEqual(await read(db, { ids: ['b', 'x'], after: 0 }), [b])
    assert.deepEqual(await read(db, { ids: ['a', 'b'], after: 1 }), [b])
    assert.equal(compiled, 2)
    assert.deepEqual(await read(db, { ids: ['a'], after: 0 }), [a])
    assert.equal(compiled, 3, 'a list of another length is another query')

    assert.equal((await change(db, { id: 'a', at: 5 }))[0]?.key, 'k')
    assert.equal((await change(db, { id: 'b', at: 6 }))[0]?.key, 'l')
    assert.equal(compiled, 4)
    assert.equal((await change(db, { id: 'b', key: 'm' }))[0]?.key, 'm')
    assert.equal(compiled, 5, 'other names are another query')

    const work = db.transaction().execute(async (tx) => {
      await insert(tx, { id: 'c', key: 'k', at: 9 })
      throw new Error('rolled back')
    })
    await assert.rejects(work, /rolled back/)
    assert.deepEqual(await read(db, { ids: ['a', 'b', 'c'], after: 0 }), [
      { ...a, at: 5 },
      { ...b, key: 'm', at: 6 },
    ])
  })
}
