/** A SQLite file that temporarily cannot be written. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createDatabase, retryWhileLocked } from '../support/database.ts'
import { scrape } from '../support/metrics.ts'
import { startLatchkey } from '../support/outbox.ts'
import { type LatchkeyProcess, startLatchkeyProcess } from '../support/process.ts'
import { assertStatus } from '../support/responses.ts'
import { requireTool } from '../support/tool.ts'

const password = 'a long sentence of hers'

test('on a full disk changes get a 503 and nothing is lost, and they succeed again when there is space', async (t) => {
  const prlimit = await requireTool(t, 'prlimit')
  if (!prlimit) return
  const LATCHKEY_DATABASE_URL = await createDatabase(t, 'SQLite')
  const environment = { LATCHKEY_DATABASE_URL }
  const latchkey = await startLatchkeyProcess(t, { environment })
  const signUp = (email: string) => post(latchkey, '/auth/SignUp', { email, password })
  assert.equal((await signUp('ada@example.com')).status, 202)

  // A file size limit of zero makes the file system look full to the process.
  await prlimit(`--pid=${latchkey.pid}`, '--fsize=0:')
  const answers = await Promise.all([1, 2, 3, 4].map(() => signUp('bob@example.com')))
  for (const [round, answer] of [...answers, await signUp('bob@example.com')].entries()) {
    const { code, detail } = (await answer.json()) as { code: string; detail: string }
    assert.equal(`${answer.status} ${code}`, '503 unavailable', `${round}: ${detail}`)
    assert.ok(Number(answer.headers.get('retry-after')) > 0)
  }
  assert.equal((await fetch(`${latchkey.origin}/health/live`)).status, 200)
  assert.match(latchkey.stdout, /database unavailable/)

  await prlimit(`--pid=${latchkey.pid}`, '--fsize=unlimited:')
  assert.equal((await signUp('bob@example.com')).status, 202)
  const { stderr } = await latchkey.stop()
  assert.equal(stderr, '')

  const db = new DatabaseSync(LATCHKEY_DATABASE_URL.slice('sqlite:'.length))
  const rows = db.prepare('select distinct email from sign_up order by email').all()
  assert.deepEqual(
    rows.map(({ email }) => email),
    ['ada@example.com', 'bob@example.com'],
  )
  assert.deepEqual({ ...db.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
  db.close()
})

// Abuse case (Guessing): guesses that cannot be counted must not be verified, or response times tell the
// right one.
test('on a full disk no password is verified, as no guess can be counted', async (t) => {
  const prlimit = await requireTool(t, 'prlimit')
  if (!prlimit) return
  const LATCHKEY_DATABASE_URL = await createDatabase(t, 'SQLite')
  const LATCHKEY_METRICS_TOKEN = 'a-token-of-the-monitoring-0123456789'
  const latchkey = await startLatchkeyProcess(t, {
    environment: { LATCHKEY_DATABASE_URL, LATCHKEY_METRICS_TOKEN },
  })
  const guess = async () =>
    (await post(latchkey, '/auth/SignIn', { email: 'ada@example.com', password })).status
  const hashed = async () =>
    (await scrape(latchkey.origin, LATCHKEY_METRICS_TOKEN)).get(
      'latchkey_password_hash_duration_seconds_count',
    )
  assert.equal(await guess(), 401)

  await prlimit(`--pid=${latchkey.pid}`, '--fsize=0:')
  // Finds out that the disk is full.
  assert.equal(await guess(), 503)
  const before = await hashed()
  for (let i = 0; i < 5; i += 1) assert.equal(await guess(), 503)
  assert.equal(await hashed(), before)

  await prlimit(`--pid=${latchkey.pid}`, '--fsize=unlimited:')
  for (let i = 0; i < 9; i += 1) assert.equal(await guess(), 401)
  assert.equal(await guess(), 429)
})

test('while another program locks the file, reads go on, changes get a 503 and none waits twice', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  const ada = await latchkey.owner()
  const file = latchkey.environment.LATCHKEY_DATABASE_URL?.slice('sqlite:'.length) ?? ''
  const other = new DatabaseSync(file)
  await retryWhileLocked(() => other.exec('begin immediate'))
  const began = performance.now()
  let answered = 0
  const changes = Array.from({ length: 12 }, async () => {
    const answer = await ada.put('/settings/Language', { language: 'de' })
    answered += 1
    return answer
  })
  for (let reads = 0; reads < 20; reads += 1) assertStatus(await ada.get('/settings'), 200)
  assert.equal(answered, 0, 'a read waited until a change had given up')
  const answers = await Promise.all(changes)
  for (const { status, body, headers } of answers) {
    assert.equal(`${status} ${body.code}`, '503 unavailable')
    assert.match(body.detail, /Nothing was lost/)
    assert.ok(Number(headers.get('retry-after')) > 0)
  }
  // Waiting one after another would have taken a minute.
  assert.ok(performance.now() - began < 30_000)
  assert.equal((await ada.get('/settings')).body.language, 'en')

  other.exec('rollback')
  other.close()
  assert.equal((await ada.put('/settings/Language', { language: 'de' })).status, 200)
  assert.equal((await ada.get('/settings')).body.language, 'de')
})

function post({ origin }: LatchkeyProcess, path: string, body: object): Promise<Response> {
  return fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
