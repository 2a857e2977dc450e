import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { findRiskySettings } from '../../src/config/production-checks.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { scrape } from '../support/metrics.ts'
import { runLatchkey, startLatchkeyProcess } from '../support/process.ts'
import { findFreePort } from '../support/tcp.ts'

const safe = {
  LATCHKEY_MODE: 'production',
  LATCHKEY_PUBLIC_URL: 'https://accounts.example.com',
  LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1'),
  LATCHKEY_SMTP_URL: 'smtps://ada:secret@mail.example',
  LATCHKEY_MAIL_FROM: 'Example <no-reply@example.com>',
  LATCHKEY_SMS_URL: 'https://texts.example/?secret=s3cret',
  LATCHKEY_TRUST_PROXY: '127.0.0.1',
}

const unsafe: [what: string, changes: Record<string, string>, setting: string, why: RegExp][] = [
  [
    'an http URL',
    { LATCHKEY_PUBLIC_URL: 'http://accounts.example.com' },
    'LATCHKEY_PUBLIC_URL',
    /must begin with https/,
  ],
  ['no public URL', { LATCHKEY_PUBLIC_URL: '' }, 'LATCHKEY_PUBLIC_URL', /must begin with https/],
  [
    'no encryption keys',
    { LATCHKEY_ENCRYPTION_KEYS: '' },
    'LATCHKEY_ENCRYPTION_KEYS',
    /is missing/,
  ],
  ['no mail server', { LATCHKEY_SMTP_URL: '' }, 'LATCHKEY_SMTP_URL', /is missing/],
  [
    'codes by SMS but no SMS provider',
    { LATCHKEY_SMS_URL: '' },
    'LATCHKEY_SMS_URL',
    /LATCHKEY_MFA_METHODS=passkey,authenticator,email/,
  ],
  ['no word about proxies', { LATCHKEY_TRUST_PROXY: '' }, 'LATCHKEY_TRUST_PROXY', /or to off if/],
  ['rate limits off', { LATCHKEY_RATE_LIMITS: 'off' }, 'LATCHKEY_RATE_LIMITS', /must be on/],
  [
    'an allowed origin without https',
    { LATCHKEY_ALLOWED_ORIGINS: 'https://a.example,http://b.example,http://localhost:3000' },
    'LATCHKEY_ALLOWED_ORIGINS',
    /has http:\/\/b\.example\. In production/,
  ],
]

for (const [what, changes, setting, why] of unsafe) {
  test(`production does not start with ${what}`, async (t) => {
    const { code, stdout, stderr } = await runLatchkey(t, {
      environment: { ...safe, ...changes },
    })
    assert.equal(code, 78)
    assert.equal(stdout, '')
    assert.match(
      stderr,
      new RegExp(`^${setting} [^\\n]+\\.\\n$`),
      'expected one line about this setting',
    )
    assert.match(stderr, why)
  })
}

test('production without settings names everything unsafe at once', async (t) => {
  const { code, stderr } = await runLatchkey(t, {
    environment: {
      LATCHKEY_MODE: 'production',
      LATCHKEY_RATE_LIMITS: 'off',
      LATCHKEY_PORT: '0',
      LATCHKEY_ALLOWED_ORIGINS: 'http://app.example.com',
    },
  })
  assert.equal(code, 78)
  assert.deepEqual(
    stderr.split('\n').map((line) => line.split(' ')[0]),
    ['LATCHKEY_PORT', ...unsafe.map(([, , setting]) => setting).filter(isFirst), ''],
  )
})

// Abuse case (Input and output): Development tools were enabled in production.
test('production starts with safe settings and has no dev inbox', async (t) => {
  const token = 'a-token-of-the-operators'
  const latchkey = await startLatchkeyProcess(t, {
    environment: { ...safe, LATCHKEY_METRICS_TOKEN: token },
  })
  await assertNoInbox(latchkey.origin)
  assert.ok((await scrape(latchkey.origin, token)).size > 0)

  const { code, stdout, stderr } = await latchkey.stop()
  assert.deepEqual([code, stderr], [0, ''])
  assert.ok(stdout.split('\n').some((line) => /"msg":"ready"/.test(line)))
  assert.doesNotMatch(stdout, /development|inbox/i)
  for (const secret of ['secret', 's3cret', safe.LATCHKEY_ENCRYPTION_KEYS, token]) {
    assert.ok(!stdout.includes(secret))
  }
})

test('production needs no SMS provider if SMS is not offered, and captures no messages', async (t) => {
  const latchkey = await startLatchkeyProcess(t, {
    environment: { ...safe, LATCHKEY_SMS_URL: '', LATCHKEY_MFA_METHODS: 'authenticator,email' },
  })
  await assertNoInbox(latchkey.origin)
})

test('startup warns about risky settings, and only about those', async (t) => {
  const warningsWith = async (changes: Record<string, string>) => {
    const latchkey = await startLatchkeyProcess(t, { environment: { ...safe, ...changes } })
    const { stdout, stderr } = await latchkey.stop()
    assert.equal(stderr, '')
    const lines = stdout.split('\n').filter((line) => line !== '')
    const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40)
    assert.doesNotMatch(stdout, /s3cret|pass/)
    return warnings.map(({ msg }) => msg.split(' ')[0])
  }
  assert.deepEqual(await warningsWith({}), [])
  assert.deepEqual(await warningsWith({ LATCHKEY_TRUST_PROXY: 'off' }), ['LATCHKEY_TRUST_PROXY'])
  assert.deepEqual(
    await warningsWith({
      LATCHKEY_HOST: '0.0.0.0',
      LATCHKEY_TRUST_PROXY: 'off',
      LATCHKEY_METRICS_PORT: String(await findFreePort()),
      LATCHKEY_SMTP_URL: 'smtp://ada:pass@mail.example?tls=off',
      LATCHKEY_SMS_URL: 'kannel+http://ada:pass@kannel.example:13013/cgi-bin/sendsms',
    }),
    ['LATCHKEY_METRICS_PORT', 'LATCHKEY_SMTP_URL', 'LATCHKEY_SMS_URL'],
  )
})

test('settings confined to this machine cause no warning', () => {
  const local = {
    ...safe,
    LATCHKEY_HOST: '::1',
    LATCHKEY_METRICS_PORT: '4999',
    LATCHKEY_SMTP_URL: 'smtp://127.0.0.1',
    LATCHKEY_SMS_URL: 'kannel+http://ada:pass@localhost:13013/cgi-bin/sendsms',
  }
  assert.deepEqual(findRiskySettings(readSettings(local)), [])
  const remote = { LATCHKEY_HOST: '0.0.0.0', LATCHKEY_SMTP_URL: 'smtp://mail.example' }
  assert.equal(findRiskySettings(readSettings({ ...local, ...remote })).length, 1)
  const withToken = { ...local, ...remote, LATCHKEY_METRICS_TOKEN: 'a-token-of-the-operators' }
  assert.deepEqual(findRiskySettings(readSettings(withToken)), [])
})

async function assertNoInbox(origin: string): Promise<void> {
  for (const path of ['/dev/Messages', '/dev/inbox']) {
    const answer = await fetch(origin + path)
    assert.equal(answer.status, 404)
    assert.equal(((await answer.json()) as { code: string }).code, 'not_found')
  }
  assert.doesNotMatch(await (await fetch(origin)).text(), /inbox/i)
}

function isFirst(setting: string, index: number, all: string[]): boolean {
  return all.indexOf(setting) === index
}
