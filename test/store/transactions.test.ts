/** Transactions that clash, and what opens them. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sql } from 'kysely'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import type { Tx } from '../../src/store/transaction.ts'
import { retryOnConflict } from '../../src/store/transaction.ts'
import { createDatabase } from '../support/database.ts'
import { root } from '../support/markdown.ts'

test('of two transactions that wait for each other, PostgreSQL ends one, and both come to their end', async (t) => {
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
    assert.equal(runs, 3, 'nobody had to begin again')
    const rows = await db.selectFrom('rate_limit_hit').select(['id', 'at']).orderBy('id').execute()
    assert.deepEqual(rows, [
      { id: 'a', at: 2 },
      { id: 'b', at: 2 },
    ])
  } finally {
    await db.destroy()
  }
})

test('two that have seen what the other changed are both done, one of them anew', async (t) => {
  const db = openDatabase(await createDatabase(t, 'PostgreSQL'))
  try {
    await migrate(db)
    const bothHaveSeen = Promise.withResolvers<void>()
    let seen = 0
    const countAndAdd = (id: string) =>
      retryOnConflict(db, async (tx) => {
        await sql`set transaction isolation level serializable`.execute(tx)
        const at = await count(tx)
        seen += 1
        if (seen === 2) bothHaveSeen.resolve()
        await bothHaveSeen.promise
        await tx.insertInto('rate_limit_hit').values({ id, key: 's', at }).execute()
        return at
      })
    assert.deepEqual((await Promise.all([countAndAdd('a'), countAndAdd('b')])).sort(), [0, 1])
    assert.equal(seen, 3)
  } finally {
    await db.destroy()
  }
})

test('a transaction that clashes every time is given up with a 503', async (t) => {
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

test('everybody opens transactions by the one function that runs them again', () => {
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
