/**
 * Transactions on SQLite share commits (src/store/group-commit.ts). A commit fails here by a deferred
 * constraint, which the schema does not have, because SQLite checks it as part of the commit.
 */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompiledQuery, type DatabaseConnection, sql, type Transaction } from 'kysely'
import type { MetricEvent } from '../../src/lib/metric-events.ts'
import type { DatabaseObserver } from '../../src/store/instrumentation.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { noOutageLog } from '../../src/store/outage-log.ts'
import type { Schema } from '../../src/store/schema.ts'
import { sqliteDialect } from '../../src/store/sqlite.ts'
import { retryOnConflict } from '../../src/store/transaction.ts'
import { createDatabase, databaseKinds, runSql } from '../support/database.ts'
import { transactionOn } from '../support/transaction.ts'

test('transactions that arrive together share a commit, which is counted once', async (t) => {
  const { db, statements } = await open(t)
  await Promise.all(numbers(20).map((id) => retryOnConflict(db, (tx) => insert(tx, id))))
  assert.deepEqual(countOf(statements), { 'begin immediate': 1, insert: 20, commit: 1 })
  assert.equal((await idsOf(db)).length, 20)
})

test('a commit has a bounded number of transactions', async (t) => {
  const { db, statements } = await open(t)
  await Promise.all(numbers(200).map((id) => retryOnConflict(db, (tx) => insert(tx, id))))
  assert.deepEqual(countOf(statements), { 'begin immediate': 4, insert: 200, commit: 4 })
})

test('a transaction, and a write outside of one, answers when others can read it, and not before', async (t) => {
  const { db, committed } = await open(t)
  const answers: number[] = []
  const answer = () => void answers.push(committed())
  await Promise.all([
    retryOnConflict(db, async (tx) => {
      await insert(tx, '1')
      assert.equal(committed(), 0)
    }).then(answer),
    insert(db, '2').then(answer),
    retryOnConflict(db, async (tx) => {
      await insert(tx, '3')
      assert.equal(committed(), 0)
    }).then(answer),
  ])
  assert.deepEqual(answers, [3, 3, 3])
})

test('a read outside of transactions sees what was answered, and nothing of an open group', async (t) => {
  const { db } = await open(t)
  await retryOnConflict(db, async (tx) => {
    await insert(tx, '1')
    assert.deepEqual(await idsOf(db), [])
    assert.deepEqual(await idsOf(tx), ['1'])
  })
  assert.deepEqual(await idsOf(db), ['1'])
})

test('an error undoes its own transaction and no neighbour', async (t) => {
  const { db } = await open(t)
  const outcomes = await Promise.allSettled([
    retryOnConflict(db, (tx) => insert(tx, '1')),
    retryOnConflict(db, async (tx) => {
      await insert(tx, '2')
      throw new Error('changed its mind')
    }),
    // Taken by the first one.
    insert(db, '1'),
    retryOnConflict(db, async (tx) => {
      await insert(tx, '3')
      await insert(tx, '1')
    }),
    retryOnConflict(db, (tx) => insert(tx, '4')),
  ])
  assert.deepEqual(messagesOf(outcomes), [
    'done',
    'changed its mind',
    'UNIQUE constraint failed: rate_limit_hit.id',
    'UNIQUE constraint failed: rate_limit_hit.id',
    'done',
  ])
  assert.deepEqual(await idsOf(db), ['1', '4'])
})

test('transactions run one after another, even if one awaits something else', async (t) => {
  const { db, statements } = await open(t)
  const order: string[] = []
  const first = retryOnConflict(db, (tx) => insert(tx, '1')).then(() =>
    order.push('first answered'),
  )
  const slow = retryOnConflict(db, async (tx) => {
    await insert(tx, '2')
    await sleep(20)
    assert.deepEqual(await idsOf(tx), ['1', '2'])
    order.push('slow ended')
    throw new Error('changed its mind')
  })
  const last = retryOnConflict(db, (tx) => insert(tx, '3'))
  await Promise.allSettled([first, slow, last])
  assert.deepEqual(order, ['slow ended', 'first answered'])
  assert.equal(countOf(statements).commit, 2, 'a transaction joined a group whose turn was over')
  assert.deepEqual(await idsOf(db), ['1', '3'])
})

test('a commit that fails fails every transaction of its group, those that read or rolled back too, and no other', async (t) => {
  const { db } = await open(t)
  const outcomes = await Promise.allSettled([
    retryOnConflict(db, (tx) => insert(tx, '1')),
    // It would answer from a change that is never made.
    retryOnConflict(db, (tx) => idsOf(tx)),
    retryOnConflict(db, async (tx) => {
      if ((await idsOf(tx)).includes('1')) throw new Error('1 is taken')
    }),
    insert(db, '2'),
    retryOnConflict(db, failAtCommit),
  ])
  const reason = 'FOREIGN KEY constraint failed'
  assert.deepEqual(messagesOf(outcomes), [reason, reason, reason, reason, reason])
  assert.deepEqual(await idsOf(db), [])
  await retryOnConflict(db, (tx) => insert(tx, '1'))
  assert.deepEqual(await idsOf(db), ['1'])
})

test('the rollback that follows a failed commit touches no transaction of the next group', async (t) => {
  const { db, file } = await open(t)
  // Kysely’s calls to its driver, with the rollback at the worst moment.
  const driver = sqliteDialect(file, noOutageLog).createDriver()
  const [failed, neighbour] = [await driver.acquireConnection(), await driver.acquireConnection()]
  const run = (connection: DatabaseConnection, statement: string) =>
    connection.executeQuery(CompiledQuery.raw(statement))
  await driver.beginTransaction(failed, {})
  await run(failed, "insert into child values ('nobody')")
  await assert.rejects(driver.commitTransaction(failed), /FOREIGN KEY/)
  await driver.beginTransaction(neighbour, {})
  await run(neighbour, "insert into rate_limit_hit values ('1', 'key', 0)")
  await driver.rollbackTransaction(failed)
  await driver.commitTransaction(neighbour)
  assert.deepEqual(await idsOf(db), ['1'])
  await driver.destroy()
})

test('when SQLite itself rolls back, nothing of the group is done, and the next one works', async (t) => {
  const { db } = await open(t)
  const later: unknown[] = []
  const outcomes = await Promise.allSettled([
    retryOnConflict(db, (tx) => insert(tx, '1')),
    retryOnConflict(db, async (tx) => {
      await insert(tx, '2')
      const conflict = sql`insert or rollback into rate_limit_hit values ('2', 'key', 0)`
      await conflict.execute(tx).catch(() => {})
      // Without its transaction, it would be committed at once.
      later.push(await insert(tx, '3').catch(({ message }) => message))
    }),
    retryOnConflict(db, (tx) => insert(tx, '4')),
  ])
  const reason = 'UNIQUE constraint failed: rate_limit_hit.id'
  assert.deepEqual(messagesOf(outcomes), [reason, reason, 'done'])
  assert.deepEqual(later, [reason])
  assert.deepEqual(await idsOf(db), ['4'])
})

test('events leave after the commit of the group, and are dropped when it fails', async (t) => {
  const { db, committed } = await open(t)
  const emitted: number[] = []
  const transaction = transactionOn(db, { emit: () => emitted.push(committed()) })
  const event: MetricEvent = { kind: 'activity', type: 'mfa.off' }
  const change = (id: string) =>
    transaction(async (tx) => {
      tx.emit(event)
      await insert(tx, id)
    })
  await Promise.all([change('1'), change('2')])
  assert.deepEqual(emitted, [2, 2])
  await Promise.allSettled([change('3'), retryOnConflict(db, failAtCommit)])
  assert.deepEqual(emitted, [2, 2])
})

test('statements that cannot run in a transaction end the group first', async (t) => {
  const { db, statements } = await open(t)
  const first = retryOnConflict(db, (tx) => insert(tx, '1'))
  const vacuum = sql`vacuum`.execute(db)
  const second = retryOnConflict(db, (tx) => insert(tx, '2'))
  const pragma = sql<object>`pragma wal_checkpoint(truncate)`.execute(db)
  await Promise.all([first, vacuum, second])
  assert.deepEqual({ ...(await pragma).rows[0] }, { busy: 0, log: 0, checkpointed: 0 })
  assert.deepEqual(countOf(statements).commit, 2)
})

test('a synchronous connection of this process can write once the group has committed', async (t) => {
  const { db, url } = await open(t)
  let written: Promise<unknown> | undefined
  await retryOnConflict(db, async (tx) => {
    await insert(tx, '1')
    written = runSql(url, "insert into rate_limit_hit values ('2', 'key', 0)")
  })
  await written
  assert.deepEqual(await idsOf(db), ['1', '2'])
})

test('closing the database waits for the open group', async (t) => {
  const { db, url } = await open(t)
  const changes = numbers(100).map((id) => retryOnConflict(db, (tx) => insert(tx, id)))
  // The first one is open.
  await Promise.resolve().then(() => {})
  await Promise.all([...changes, sleep(0).then(() => db.destroy())])
  assert.equal((await runSql(url, 'select id from rate_limit_hit')).length, 100)
})

for (const kind of databaseKinds) {
  test(`no constraint of the schema is checked at the commit only, on ${kind}`, async (t) => {
    const url = await createDatabase(t, kind)
    const db = openDatabase(url)
    t.after(() => db.destroy())
    await migrate(db)
    const deferrable =
      kind === 'SQLite'
        ? "select name from sqlite_schema where sql like '%deferr%' or sql like '%initially%'"
        : 'select conname as name from pg_constraint where condeferrable'
    assert.deepEqual(await runSql(url, deferrable), [])
  })
}

/**
 * Opens a migrated database whose statements are recorded from then on. `committed` counts the rows
 * that another connection sees.
 */
async function open(t: TestContext) {
  const url = await createDatabase(t, 'SQLite')
  const statements: string[] = []
  const observer: DatabaseObserver = {
    onStatement: ({ sql: text }) => statements.push(text),
    connections: { busy: 0, waiting: 0 },
  }
  const db = openDatabase(url, { observer })
  t.after(() => db.destroy())
  await migrate(db)
  await sql`create table child (id text references account (id) deferrable initially deferred) strict`.execute(
    db,
  )
  statements.length = 0
  const file = url.slice('sqlite:'.length)
  const other = new DatabaseSync(file, { readOnly: true })
  t.after(() => other.close())
  const committed = () => other.prepare('select id from rate_limit_hit').all().length
  return { db, url, file, statements, committed }
}

/** How often each statement ran; of an insert its first word. */
function countOf(statements: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of statements) {
    const name = text.startsWith('insert') ? 'insert' : text
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i))

async function insert(db: Db | Transaction<Schema>, id: string): Promise<void> {
  await db.insertInto('rate_limit_hit').values({ id, key: 'key', at: 0 }).execute()
}

async function failAtCommit(tx: Transaction<Schema>): Promise<void> {
  await sql`insert into child values ('nobody')`.execute(tx)
}

async function idsOf(db: Db | Transaction<Schema>): Promise<string[]> {
  const rows = await db.selectFrom('rate_limit_hit').select('id').orderBy('id').execute()
  return rows.map(({ id }) => id)
}

const messagesOf = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'done' : outcome.reason.message))
