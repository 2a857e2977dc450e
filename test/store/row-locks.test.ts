import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { advisoryLock } from '../../src/store/locks.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { createDatabase, databaseKinds } from '../support/database.ts'
import { waitUntil } from '../support/process.ts'

for (const kind of databaseKinds) {
  test(`rows are locked for update, and skipped while another transaction locks them, on ${kind}`, async (t) => {
    const url = await createDatabase(t, kind)
    const [one, other] = [openDatabase(url), openDatabase(url)]
    t.after(() => Promise.all([one.destroy(), other.destroy()]))
    await migrate(one)
    await one
      .insertInto('rate_limit_hit')
      .values(['a', 'b'].map((id) => ({ id, key: 's', at: 0 })))
      .execute()

    await one.transaction().execute(async (tx) => {
      const locked = tx.selectFrom('rate_limit_hit').select('id').where('id', '=', 'a')
      assert.equal((await locked.forUpdate().execute()).length, 1)
      // On SQLite a transaction locks the whole database, so another one could only wait.
      if (kind === 'SQLite') return
      const free = other.selectFrom('rate_limit_hit').select('id').forUpdate().skipLocked()
      assert.deepEqual(await free.execute(), [{ id: 'b' }])
      const refused = other.selectFrom('rate_limit_hit').forUpdate().noWait().execute()
      await assert.rejects(
        refused,
        ({ code, cause }) => code === 'unavailable' && /lock/.test(cause),
      )
    })
    const all = one.selectFrom('rate_limit_hit').select('id').orderBy('id').forUpdate().skipLocked()
    assert.equal((await all.execute()).length, 2)
  })
}

test('a PostgreSQL lock with the same name waits until the first is released', async (t) => {
  const url = await createDatabase(t, 'PostgreSQL')
  const [one, other] = [openDatabase(url), openDatabase(url)]
  t.after(() => Promise.all([one.destroy(), other.destroy()]))
  const order: string[] = []
  const take = (db: Db, name: string, then: () => unknown) =>
    db.transaction().execute(async (tx) => {
      await advisoryLock(tx, name)
      await then()
    })

  let second: Promise<void> | undefined
  await take(one, 'the same', async () => {
    second = take(other, 'the same', () => order.push('second'))
    await waitUntil(async () => {
      const { rows } = await sql`select 1 from pg_locks where not granted`.execute(one)
      return rows.length > 0
    })
    await take(other, 'another', () => order.push('another'))
    order.push('first')
  })
  await second
  assert.deepEqual(order, ['another', 'first', 'second'])
})
