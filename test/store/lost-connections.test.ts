import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { createDatabase } from '../support/database.ts'
import { startLatchkeyProcess, waitUntil } from '../support/process.ts'

test('when PostgreSQL drops the connection during a request, that request fails and the service continues', async (t) => {
  const url = await createDatabase(t, 'PostgreSQL')
  const latchkey = await startLatchkeyProcess(t, { environment: { LATCHKEY_DATABASE_URL: url } })
  const operator = new Client({ connectionString: url })
  await operator.connect()
  try {
    await operator.query('begin')
    await operator.query('lock table rate_limit_hit in access exclusive mode')
    const pending = fetch(`${latchkey.origin}/auth/SignIn`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password: 'a long sentence' }),
    })
    // The request waits for the lock; then every other connection is terminated.
    await waitUntil(async () => {
      const { rows } = await operator.query('select 1 from pg_locks where not granted')
      return rows.length > 0
    })
    await operator.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await operator.query('rollback')

    const answer = await pending
    assert.equal(answer.status, 503)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    await waitUntil(async () => (await fetch(`${latchkey.origin}/health/ready`)).ok)
    assert.ok(latchkey.isRunning)
    const { code, stderr } = await latchkey.stop()
    assert.deepEqual([code, stderr], [0, ''])
  } finally {
    await operator.end()
  }
})
