/** The tests hold the plans of the statements that the service runs (support/query-plans.ts): here that they do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertPlans, hasRecorded, record } from '../support/query-plans.ts'

onEachDatabase((latchkey) => {
  const { databaseKind: kind } = latchkey
  const check = () => assertPlans(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')

  const scans = {
    'a read by a column without an index': `select id from session where user_agent = 'x'`,
    'a read by the second column of an index': `select id from session where network = 'x'`,
    'a join by a column without an index': `select account.id from account
       join session on session.user_agent = account.email where account.id = 'x'`,
    'a deletion by a column without an index': `delete from session where device_id = 'x'`,
    'a count of everything': 'select count(*) from session',
  }
  for (const [name, statement] of Object.entries(scans)) {
    test(`${name} fails the test whose service runs it`, async () => {
      await check()
      record(kind, statement)
      await assert.rejects(check, /reads all of a table that grows .*session/)
    })
  }

  if (kind === 'SQLite') {
    test('a statement that is planned for each of its values fails the test whose service runs it', async () => {
      await check()
      const plain =
        'select amr from session join account on account_id = account.id where session.id = ?'
      record(kind, plain)
      await assert.rejects(check, /plans a statement again/)
      record(kind, plain.replace('?', '+?'))
      await check()
    })
  }

  test('a statement that an index answers fails nothing, nor one on a small table', async () => {
    record(kind, `select amr from session where id = 'x'`)
    record(kind, 'select created_at from signing_key')
    await check()
  })

  test('the statements of the service are recorded', () => {
    const parameter = kind === 'SQLite' ? '+?' : '$1'
    const readPrimaryKey = `select "id", "primary_since" from "encryption_key" where "primary_since" is not null order by "primary_since" desc limit ${parameter}`
    assert.ok(hasRecorded(kind, readPrimaryKey))
  })
})
