/** The service behind PgBouncer, which may use another connection for every transaction. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import type { DatabaseUnavailableError } from '../../src/store/errors.ts'
import { openDatabase } from '../../src/store/open.ts'
import { createDatabase } from '../support/database.ts'
import { openSecondSession } from '../support/mfa.ts'
import { startLatchkey } from '../support/outbox.ts'
import { startPgbouncer } from '../support/pgbouncer.ts'
import { runLatchkey, startLatchkeyProcess } from '../support/process.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

/** Debian’s PgBouncer is 1.18. */
const olderThan121 = { LATCHKEY_DATABASE_STATEMENTS: 'unnamed' }

test('behind PgBouncer, four nodes that start concurrently create the tables once and leave no lock behind', async (t) => {
  const direct = await createDatabase(t, 'PostgreSQL')
  const url = await startPgbouncer(t, direct)
  if (!url) return
  const environment = {
    LATCHKEY_DATABASE_URL: url,
    ...olderThan121,
    LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1'),
  }
  const nodes = await Promise.all([1, 2, 3, 4].map(() => startLatchkeyProcess(t, { environment })))
  const keys = await Promise.all(
    nodes.map(async ({ origin }) => (await fetch(`${origin}/.well-known/jwks.json`)).text()),
  )
  assert.equal(new Set(keys).size, 1)

  const operator = new Client({ connectionString: direct })
  await operator.connect()
  try {
    const { rows } = await operator.query(
      `select 1 from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())`,
    )
    assert.deepEqual(rows, [])
  } finally {
    await operator.end()
  }
})

test('behind PgBouncer, two nodes work as without it', async (t) => {
  const url = await startPgbouncer(t, await createDatabase(t, 'PostgreSQL'))
  if (!url) return
  const latchkey = await startLatchkey(t, 'PostgreSQL', {
    LATCHKEY_DATABASE_URL: url,
    ...olderThan121,
  })
  const node = await latchkey.secondNode()
  try {
    // Signs up with a code from the outbox, turns MFA on and signs in with it.
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.signInFully()
    assert.equal((await ada.get('/settings', { node })).status, 200)

    // A code is accepted once, whatever the number of concurrent requests and nodes.
    const waiting = await ada.signIn()
    const { mfaToken } = waiting.body
    const code = await ada.codeFor('email')
    const uses = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }, i % 2 ? { node } : {}),
      ),
    )
    const statuses = uses.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1, `${statuses}`)
    assert.ok(
      statuses.every((status) => [200, 401, 429].includes(status)),
      `${statuses}`,
    )

    // A session ended at one node is void at the other.
    const second = await openSecondSession(latchkey, ada)
    assert.equal((await ada.delete('/settings/Sessions', { node })).status, 200)
    assert.equal((await second.get('/settings')).status, 401)

    // Turns MFA off, and undoes it.
    assert.equal((await ada.delete('/settings/MfaSignIn', { node })).body.enabled, false)
    const token = await undoTokenSentTo(latchkey, ada.email, /off/)
    assert.equal((await latchkey.post('/auth/Undo', { token }, { node })).status, 200)
    assert.equal((await ada.get('/settings')).status, 401)

    // The time-outs of a transaction do not leak to the next user of its connection.
    const [bounds] = await latchkey.sql(
      "select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle",
    )
    assert.deepEqual(bounds, { statement: '0', idle: '0' })
  } finally {
    await node.stop()
  }
})

test('behind PgBouncer, waiting for a lock ends with a 503, and the service continues', async (t) => {
  const direct = await createDatabase(t, 'PostgreSQL')
  const url = await startPgbouncer(t, direct)
  if (!url) return
  const latchkey = await startLatchkey(t, 'PostgreSQL', {
    LATCHKEY_DATABASE_URL: url,
    ...olderThan121,
  })
  const ada = await latchkey.owner()
  const operator = new Client({ connectionString: direct })
  await operator.connect()
  try {
    await operator.query('begin')
    await operator.query('lock table session in access exclusive mode')
    const { refreshToken } = ada
    const answers = await Promise.all([
      ada.get('/settings'),
      ada.get('/settings/MfaSignIn'),
      latchkey.post('/auth/Refresh', { refreshToken }),
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [503, 503, 503],
    )
    const { rows } = await operator.query('select 1 from pg_locks where not granted')
    assert.deepEqual(rows, [])
    await operator.query('rollback')
    assert.equal((await ada.get('/settings')).status, 200)
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 200)
  } finally {
    await operator.end()
  }
})

test('behind PgBouncer before 1.21, doctor and the log name the setting that statements need', async (t) => {
  const direct = await createDatabase(t, 'PostgreSQL')
  const url = await startPgbouncer(t, direct)
  if (!url) return
  const latchkey = await startLatchkey(t, 'PostgreSQL', { LATCHKEY_DATABASE_URL: direct })
  const environment = { ...latchkey.environment, LATCHKEY_DATABASE_URL: url }
  const doctor = async (more: Record<string, string> = {}) => {
    const { stdout } = await runLatchkey(t, {
      environment: { ...environment, ...more },
      args: ['doctor'],
    })
    return stdout.includes('LATCHKEY_DATABASE_STATEMENTS=unnamed')
  }
  assert.equal(await doctor(), true)
  assert.equal(await doctor(olderThan121), false)
  assert.equal(await doctor({ LATCHKEY_DATABASE_URL: direct }), false)

  const db = openDatabase(url, { prepare: true })
  const other = new Client({ connectionString: url })
  await other.connect()
  try {
    const read = () => db.selectFrom('account').select('id').execute()
    await read()
    // Takes the connection on which the statement was prepared.
    await other.query('begin; select 1')
    await assert.rejects(read, ({ code, cause }: DatabaseUnavailableError) => {
      return code === 'unavailable' && /LATCHKEY_DATABASE_STATEMENTS=unnamed/.test(String(cause))
    })
  } finally {
    await Promise.all([other.end(), db.destroy()])
  }
})
