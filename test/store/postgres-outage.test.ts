/** Responses while PostgreSQL is stopped, hangs, or disconnects at the worst moment. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Client } from 'pg'
import { createDatabase } from '../support/database.ts'
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts'
import type { ApiResponse, TestLatchkey } from '../support/latchkey.ts'
import { type Operation, operations } from '../support/openapi.ts'
import { enqueueNotices, findLogLines, outboxRowsTo, startLatchkey } from '../support/outbox.ts'
import { waitUntil } from '../support/process.ts'

/** Calls that need no database. */
const withoutDatabase = [
  'GET /health/live',
  'GET /.well-known/jwks.json',
  'POST /auth/SignIn/Passkey',
]

const registration = {
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  clientExtensionResults: {},
  response: { clientDataJSON: 'AAAA', attestationObject: 'AAAA' },
}

/** Queries of calls that require one. */
const queries: Record<string, string> = {
  '/auth/Authorization': '?interaction=AAAAAAAAAAAAAAAA',
}

/** Bodies of calls without a token, so that they query the database. */
const bodies: Record<string, object> = {
  '/auth/SignUp': { email: 'bob@example.com', password: 'a long sentence of his' },
  '/auth/SignUp/Verify': { signUpToken: 'some', code: '123456' },
  '/auth/SignIn': { email: 'bob@example.com', password: 'a long sentence of his' },
  '/auth/SignIn/Mfa': { mfaToken: 'some', code: '123456' },
  '/auth/SignIn/MfaCode': { mfaToken: 'some' },
  '/auth/SignIn/Passkey/Verify': {
    passkeyToken: 'some',
    response: {
      id: 'AAAA',
      rawId: 'AAAA',
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' },
    },
  },
  '/auth/Refresh': { refreshToken: 'some' },
  '/auth/ForgotPassword': { email: 'bob@example.com' },
  '/auth/ResetPassword': { resetToken: 'some', newPassword: 'another long sentence' },
  '/auth/Undo': { token: 'some' },
  '/auth/Invitation': { token: 'some' },
  '/auth/Invitation/Accept': { token: 'some', password: 'another long sentence' },
  '/auth/Invitation/Passkey': { token: 'some' },
  '/auth/Invitation/Passkey/Verify': {
    token: 'some',
    passkeyToken: 'some',
    response: registration,
  },
}

for (const what of ['is stopped', 'hangs'] as const) {
  // Abuse case (Sessions and tokens): A check passed because it could not be made
  // (GHSA-8fpg-xm3f-6cx3).
  test(`while PostgreSQL ${what}, every call that needs it is a 503 and the others work, and all work when it is back`, async (t) => {
    const { latchkey, proxy } = await startBehindProxy(t)
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const calls = await operations(latchkey)

    if (what === 'hangs') proxy.freeze()
    else await proxy.disconnect()
    await Promise.all(
      calls.map(async (operation) => {
        const answer = await call(latchkey, operation, ada.accessToken)
        const name = `${operation.method} ${operation.path}`
        if (withoutDatabase.includes(name)) assert.equal(answer.status, 200, name)
        else assertUnavailable(answer, name)
      }),
    )
    for (const page of ['/signin', '/security', '/docs', '/openapi.json']) {
      assert.equal((await fetch(latchkey.origin + page)).status, 200, page)
    }
    assert.equal(findLogLines(latchkey, 'database unavailable').length, 1)
    assert.equal(findLogLines(latchkey, 'request failed').length, 0)

    await proxy.recover()
    await waitUntil(async () => (await latchkey.get('/health/ready')).status === 200)
    assert.equal((await ada.get('/settings')).status, 200)
    await ada.signInFully()
    await enqueueNotices(latchkey, 1, { channel: 'email', recipient: 'bob@example.com' })
    await waitUntil(async () =>
      (await outboxRowsTo(latchkey, 'bob@example.com')).every((row) => row.sent_at),
    )
    await waitUntil(() => findLogLines(latchkey, 'database available again').length === 1)
  })
}

test('the response to a change whose commit got no answer states that the outcome is unknown', async (t) => {
  const { latchkey, proxy } = await startBehindProxy(t)
  const ada = await latchkey.owner()
  proxy.dropResponseTo('commit')
  const answer = await ada.put('/settings/Language', { language: 'de' })
  assertUnavailable(answer, 'the change')
  assert.match(answer.body.detail, /may or may not have been done/)
  const [{ language }] = await latchkey.sql(
    `select language from account where email = '${ada.email}'`,
  )
  assert.equal(language, 'de')

  // A failure before the commit is certain, and the response states it.
  proxy.dropResponseTo('update "account"')
  const other = await ada.put('/settings/Language', { language: 'en' })
  assertUnavailable(other, 'the other change')
  assert.match(other.body.detail, /Nothing was lost/)
  assert.equal((await ada.get('/settings')).body.language, 'de')
})

test('a locked table delays no request for long and leaves no query waiting at the server', async (t) => {
  const url = await createDatabase(t, 'PostgreSQL')
  const latchkey = await startLatchkey(t, 'PostgreSQL', { LATCHKEY_DATABASE_URL: url })
  const ada = await latchkey.owner()
  const operator = new Client({ connectionString: url })
  await operator.connect()
  try {
    await operator.query('begin')
    await operator.query('lock table session in access exclusive mode')
    // Both within transactions and in single statements.
    const { refreshToken } = ada
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => ada.get('/settings')),
      ada.signIn(),
      latchkey.post('/auth/Refresh', { refreshToken }),
    ])
    for (const answer of answers) assertUnavailable(answer, JSON.stringify(answer.body))
    await waitUntil(async () => {
      const { rows } = await operator.query('select 1 from pg_locks where not granted')
      return rows.length === 0
    })
    await operator.query('rollback')
    assert.equal((await ada.get('/settings')).status, 200)
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 200)
  } finally {
    await operator.end()
  }
})

test('ten connections answer five hundred concurrent calls', async (t) => {
  const url = await createDatabase(t, 'PostgreSQL')
  const latchkey = await startLatchkey(t, 'PostgreSQL', { LATCHKEY_DATABASE_URL: url })
  const ada = await latchkey.owner()
  const answers = await Promise.all(
    // Half of the calls change one account, so each waits for the previous one.
    Array.from({ length: 500 }, (_, i) =>
      i % 2 === 0
        ? ada.get('/settings/MfaSignIn')
        : ada.put('/settings/Language', { language: i % 4 === 1 ? 'de' : 'en' }),
    ),
  )
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  const [{ count }] = await latchkey.sql(
    `select count(*) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  )
  assert.ok(Number(count) <= 10, `${count} connections`)
})

async function startBehindProxy(
  t: TestContext,
): Promise<{ latchkey: TestLatchkey; proxy: FaultyProxy }> {
  const proxy = await startFaultyProxy(t, await createDatabase(t, 'PostgreSQL'))
  const environment = { LATCHKEY_DATABASE_URL: proxy.url }
  return { latchkey: await startLatchkey(t, 'PostgreSQL', environment), proxy }
}

function call(
  latchkey: TestLatchkey,
  { method, path, requiresToken, body }: Operation,
  token: string,
) {
  const id = '01937c10-0000-7000-8000-000000000000'
  return latchkey.request(method, path.replace('{id}', id) + (queries[path] ?? ''), {
    ...(requiresToken && { token }),
    ...(body && { body: bodies[path] ?? {} }),
  })
}

function assertUnavailable({ status, headers, body }: ApiResponse, what: string): void {
  assert.equal(`${status} ${body?.code}`, '503 unavailable', what)
  assert.match(headers.get('retry-after') ?? '', /^[1-9][0-9]*$/, what)
  assert.equal(body.retryAfter, Number(headers.get('retry-after')))
}
