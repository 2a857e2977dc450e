/** Transactions: conflicts, events, and the one function that opens them. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { activateKeys } from '../../src/keys/encryption-keys.ts'
import type { MetricEvent } from '../../src/lib/metric-events.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import type { Tx } from '../../src/store/transaction.ts'
import { createRunTransaction, retryOnConflict } from '../../src/store/transaction.ts'
import { createDatabase, databaseKinds } from '../support/database.ts'
import { root } from '../support/markdown.ts'

test('of two transactions in a deadlock, PostgreSQL ends one, which runs again, and both commit', async (t) => {
  const db = openDatabase(await createDatabase(t, 'PostgreSQL'))
  try {
    await migrate(db)
    const values = ['a', 'b'].map((id) => ({ id, key: 's', at: 0 }))
    await db.insertInto('rate_limit_hit').values(values).execute()

    const bothHold = Promise.withResolvers<void>()
    let holding = 0
    let runs = 0
    const inOrder = (ids: string[]) =>
      retryOnConflict(db, async (tx) => {
        runs += 1
        for (const id of ids) {
          await tx
            .updateTable('rate_limit_hit')
            .set((row) => ({ at: row('at', '+', 1) }))
            .where('id', '=', id)
            .execute()
          holding += 1
          if (holding === 2) bothHold.resolve()
          await bothHold.promise
        }
        return ids
      })
    const done = await Promise.all([inOrder(['a', 'b']), inOrder(['b', 'a'])])
    assert.deepEqual(done, [
      ['a', 'b'],
      ['b', 'a'],
    ])
    assert.equal(runs, 3, 'there was no deadlock')
    const rows = await db.selectFrom('rate_limit_hit').select(['id', 'at']).orderBy('id').execute()
    assert.deepEqual(rows, [
      { id: 'a', at: 2 },
      { id: 'b', at: 2 },
    ])
  } finally {
    await db.destroy()
  }
})

test('of two serializable transactions that read what the other changes, one runs again, and both commit', async (t) => {
  const db = openDatabase(await createDatabase(t, 'PostgreSQL'))
  try {
    await migrate(db)
    const bothHaveRead = Promise.withResolvers<void>()
    let runs = 0
    const countAndAdd = (id: string) =>
      retryOnConflict(db, async (tx) => {
        await sql`set transaction isolation level serializable`.execute(tx)
        const at = await count(tx)
        runs += 1
        if (runs === 2) bothHaveRead.resolve()
        await bothHaveRead.promise
        await tx.insertInto('rate_limit_hit').values({ id, key: 's', at }).execute()
        return at
      })
    assert.deepEqual((await Promise.all([countAndAdd('a'), countAndAdd('b')])).sort(), [0, 1])
    assert.equal(runs, 3)
  } finally {
    await db.destroy()
  }
})

test('a transaction that conflicts every time fails with a 503', async (t) => {
  const db = openDatabase(await createDatabase(t, 'PostgreSQL'))
  try {
    let runs = 0
    const clashing = retryOnConflict(db, async (tx) => {
      runs += 1
      await sql`do $$ begin raise exception 'clash' using errcode = '40001'; end $$`.execute(tx)
    })
    await assert.rejects(clashing, { code: 'unavailable', message: /try again/ })
    assert.equal(runs, 6)
  } finally {
    await db.destroy()
  }
})

test('a transaction that fails for another reason is not run again', async (t) => {
  const db = openDatabase(await createDatabase(t, 'PostgreSQL'))
  try {
    let runs = 0
    const failing = retryOnConflict(db, async () => {
      runs += 1
      throw new Error('no')
    })
    await assert.rejects(failing, /no/)
    assert.equal(runs, 1)
  } finally {
    await db.destroy()
  }
})

for (const kind of databaseKinds) {
  test(`events are emitted in order after the commit, and dropped by a rollback, on ${kind}`, async (t) => {
    const { db, transaction, emitted } = await openWithEvents(t, kind)
    const committed = await transaction(async (tx) => {
      tx.emit(activity('first'))
      await tx.insertInto('rate_limit_hit').values({ id: 'a', key: 's', at: 0 }).execute()
      tx.emit(activity('second'))
      assert.deepEqual(emitted, [], 'emitted before the commit')
      return 'result'
    })
    assert.equal(committed, 'result')
    assert.deepEqual(emitted, [activity('first'), activity('second')])

    const failed = transaction(async (tx) => {
      tx.emit(activity('third'))
      await tx.insertInto('rate_limit_hit').values({ id: 'b', key: 's', at: 0 }).execute()
      throw new Error('rolled back')
    })
    await assert.rejects(failed, /rolled back/)
    assert.equal(emitted.length, 2)
    assert.equal(await count(db), 1)

    const conflicting = transaction(async (tx) => {
      tx.emit(activity('fourth'))
      // The primary key is taken.
      await tx.insertInto('rate_limit_hit').values({ id: 'a', key: 's', at: 0 }).execute()
    })
    await assert.rejects(conflicting)
    assert.equal(emitted.length, 2)
  })
}

test('a transaction that runs again after a deadlock emits its events once', async (t) => {
  const { db, transaction, emitted } = await openWithEvents(t, 'PostgreSQL')
  const values = ['a', 'b'].map((id) => ({ id, key: 's', at: 0 }))
  await db.insertInto('rate_limit_hit').values(values).execute()

  const bothHold = Promise.withResolvers<void>()
  let holding = 0
  let runs = 0
  const raise = (name: string, ids: string[]) =>
    transaction(async (tx) => {
      runs += 1
      tx.emit(activity(name))
      for (const id of ids) {
        await tx.updateTable('rate_limit_hit').set({ at: 1 }).where('id', '=', id).execute()
        holding += 1
        if (holding === 2) bothHold.resolve()
        await bothHold.promise
      }
    })
  await Promise.all([raise('one', ['a', 'b']), raise('other', ['b', 'a'])])
  assert.equal(runs, 3)
  assert.deepEqual(emitted.map((event) => event.kind === 'activity' && event.type).sort(), [
    'one',
    'other',
  ])
})

test('a transaction that fails after conflicts emits no event', async (t) => {
  const { transaction, emitted } = await openWithEvents(t, 'PostgreSQL')
  const conflicting = transaction(async (tx) => {
    tx.emit(activity('conflict'))
    await sql`do $$ begin raise exception 'clash' using errcode = '40001'; end $$`.execute(tx)
  })
  await assert.rejects(conflicting, { code: 'unavailable' })
  assert.deepEqual(emitted, [])
})

const activity = (type: string): MetricEvent => ({ kind: 'activity', type })

/** A database with the transactions of the service, and the events that they emitted. */
async function openWithEvents(t: TestContext, kind: (typeof databaseKinds)[number]) {
  const db = openDatabase(await createDatabase(t, kind))
  t.after(() => db.destroy())
  await migrate(db)
  const keyring = await activateKeys(db, generateEncryptionKey('test'))
  const emitted: MetricEvent[] = []
  const emit = (event: MetricEvent) => void emitted.push(event)
  return {
    db,
    emitted,
    transaction: createRunTransaction({ db, keyring, emit, webhooksEnabled: false }),
  }
}

test('only one file opens transactions: the one that runs them again after a conflict', () => {
  const opening = globSync('src/**/*.ts', { cwd: root }).filter((file) =>
    /\.\s*(startT|t)ransaction\s*\(/.test(readFileSync(`${root}/${file}`, 'utf8')),
  )
  assert.deepEqual(opening, ['src/store/transaction.ts'])
})

async function count(db: Db | Tx): Promise<number> {
  const { many } = await db
    .selectFrom('rate_limit_hit')
    .select((select) => select.fn.countAll<number>().as('many'))
    .executeTakeFirstOrThrow()
  return many
}
