/** Access to the metrics. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readSettings } from '../../src/config/read-settings.ts'
import { createApp } from '../../src/http/app.ts'
import { createLog } from '../../src/lib/log.ts'
import { createPasswordHasher } from '../../src/lib/password-hasher.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { metricsRoutes } from '../../src/metrics/metrics-routes.ts'
import { openDatabase } from '../../src/store/open.ts'
import { TestLatchkey } from '../support/latchkey.ts'
import { scrape } from '../support/metrics.ts'
import { runLatchkey } from '../support/process.ts'
import { findFreePort } from '../support/tcp.ts'

const token = 'a-token-of-the-operators'

const production = {
  LATCHKEY_MODE: 'production',
  LATCHKEY_PUBLIC_URL: 'https://accounts.example.com',
  LATCHKEY_SMTP_URL: 'smtps://ada:secret@mail.example',
  LATCHKEY_MAIL_FROM: 'Example <no-reply@example.com>',
  LATCHKEY_MFA_METHODS: 'authenticator,email',
  LATCHKEY_TRUST_PROXY: 'off',
}

async function start(t: TestContext, environment: Record<string, string>): Promise<TestLatchkey> {
  const latchkey = new TestLatchkey('SQLite', environment)
  latchkey.markSecret(token)
  await latchkey.start()
  t.after(() => latchkey.stop())
  return latchkey
}

// Abuse case (Input and output): Metrics were public.
test('production serves no metrics unless they are configured', async (t) => {
  const latchkey = await start(t, production)
  const { status, body } = await latchkey.get('/metrics')
  assert.equal(`${status} ${body.code}`, '404 not_found')
})

test('with a token configured, metrics require exactly that token', async (t) => {
  const latchkey = await start(t, { ...production, LATCHKEY_METRICS_TOKEN: token })
  assert.equal((await scrape(latchkey.origin, token)).get('latchkey_database_up'), 1)

  const none = await latchkey.get('/metrics')
  assert.equal(`${none.status} ${none.body.code}`, '401 missing_token')
  assert.equal(none.headers.get('www-authenticate'), 'Bearer')
  for (const given of [
    token.slice(0, -1),
    `${token}x`,
    token.toUpperCase(),
    'x',
    'a'.repeat(9000),
  ]) {
    const { status, body } = await latchkey.get('/metrics', { token: given })
    assert.equal(`${status} ${body.code}`, '401 invalid_token')
  }
  for (const authorization of ['Bearer', 'Bearer ', `Basic ${token}`, token, `Bearer ${token} x`]) {
    const { status } = await latchkey.get('/metrics', { headers: { authorization } })
    assert.equal(status, 401, authorization)
  }
})

test('an access token gives no access to metrics', async (t) => {
  const latchkey = await start(t, { LATCHKEY_METRICS_TOKEN: token })
  const ada = await latchkey.owner()
  assert.equal((await ada.get('/metrics')).status, 401)
})

test('on their own port, metrics are the only route, and the main port does not serve them', async (t) => {
  const port = await findFreePort()
  const latchkey = await start(t, { ...production, LATCHKEY_METRICS_PORT: String(port) })
  const own = `http://127.0.0.1:${port}`
  assert.equal((await scrape(own)).get('latchkey_database_up'), 1)
  assert.equal((await latchkey.get('/metrics')).status, 404)
  for (const path of ['/', '/auth/SignIn', '/settings', '/.well-known/jwks.json']) {
    assert.equal((await fetch(own + path)).status, 404, path)
  }
  await latchkey.stopKeepingData()
  await assert.rejects(fetch(own), 'the port is still open')
})

test('with a port and a token, both ports require the token', async (t) => {
  const port = await findFreePort()
  const environment = { LATCHKEY_METRICS_PORT: String(port), LATCHKEY_METRICS_TOKEN: token }
  const latchkey = await start(t, environment)
  for (const origin of [latchkey.origin, `http://127.0.0.1:${port}`]) {
    assert.ok((await scrape(origin, token)).size > 0)
    assert.equal((await fetch(`${origin}/metrics`)).status, 401)
  }
})

test('development serves metrics to its own machine only', async (t) => {
  const latchkey = await start(t, {})
  assert.ok((await scrape(latchkey.origin)).size > 0)

  // Injects requests from made-up addresses, independent of this machine's networks.
  const metrics = createMetrics()
  const app = createApp({
    publicUrl: latchkey.origin,
    log: createLog('silent', { write() {} }),
    trustProxy: [],
    isStopping: () => false,
  })
  t.after(() => Promise.all([app.close(), db.destroy()]))
  const db = openDatabase(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')
  const settings = readSettings(latchkey.environment)
  metricsRoutes(app, {
    metrics,
    settings,
    db,
    passwords: await createPasswordHasher({ concurrency: 1 }),
  })
  const from = async (remoteAddress: string, host = 'localhost') => {
    const request = { url: '/metrics', remoteAddress, headers: { host } }
    return (await app.inject(request)).statusCode
  }
  for (const local of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
    assert.equal(await from(local), 200, local)
  }
  for (const remote of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', 'fe80::1', '10.127.0.1']) {
    assert.equal(await from(remote), 404, remote)
  }
  // A web page’s own host name, which resolves to 127.0.0.1 (DNS rebinding).
  assert.equal(await from('127.0.0.1', 'evil.example'), 404)
})

test('a metrics port in use prevents startup, and the error names the setting', async (t) => {
  const latchkey = await start(t, {})
  const usedPort = latchkey.environment.LATCHKEY_PORT ?? ''
  const { code, stderr } = await runLatchkey(t, {
    environment: { LATCHKEY_METRICS_PORT: usedPort },
  })
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^The metrics can’t listen on .+ \(EADDRINUSE\)\. Set LATCHKEY_METRICS_PORT .+\.\n$/,
  )
})

test('the metrics port must differ from the main port', () => {
  assert.throws(
    () => readSettings({ LATCHKEY_PORT: '4001', LATCHKEY_METRICS_PORT: '4001' }),
    /LATCHKEY_METRICS_PORT equals LATCHKEY_PORT/,
  )
})
