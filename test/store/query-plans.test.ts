/** The tests hold the plans of their own statements (support/query-plans.ts): here that they do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { assertPlans } from '../support/query-plans.ts'

onEachDatabase((latchkey) => {
  const check = () => assertPlans(latchkey.databaseKind, urlOf(latchkey))

  test('a statement that reads a whole table fails the test that runs it', async (t) => {
    const db = openDatabase(urlOf(latchkey))
    t.after(() => db.destroy())
    await latchkey.owner({ mfaMethod: 'authenticator' })
    await check()

    for (const read of [readWithoutIndex, readBySecondColumn, joinWithoutIndex]) {
      await read(db)
      await assert.rejects(check, /reads all of a table that grows .*session/, read.name)
    }
    await deleteWithoutIndex(db)
    await assert.rejects(check, /reads all of a table that grows .*session/)
  })

  test('a statement that an index answers does not', async (t) => {
    const db = openDatabase(urlOf(latchkey))
    t.after(() => db.destroy())
    await db.selectFrom('session').select('amr').where('id', '=', 'x').execute()
    await db.selectFrom('signing_key').select('created_at').execute()
    await check()
  })
})

const urlOf = ({ environment }: TestLatchkey) => environment.LATCHKEY_DATABASE_URL ?? ''

function readWithoutIndex(db: Db) {
  return db.selectFrom('session').select('id').where('user_agent', '=', 'x').execute()
}

function readBySecondColumn(db: Db) {
  return db.selectFrom('session').select('account_id').where('network', '=', 'x').execute()
}

function joinWithoutIndex(db: Db) {
  return db
    .selectFrom('account')
    .innerJoin('session', 'session.user_agent', 'account.email')
    .select('account.id')
    .where('account.id', '=', 'x')
    .execute()
}

function deleteWithoutIndex(db: Db) {
  return db.deleteFrom('session').where('device_id', '=', 'x').execute()
}
