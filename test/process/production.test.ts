import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newKey } from '../../src/lib/keys.ts'
import { runLatchkey, startProcess } from '../support/process.ts'

const safe = {
  LATCHKEY_MODE: 'production',
  LATCHKEY_PUBLIC_URL: 'https://accounts.example.com',
  LATCHKEY_ENCRYPTION_KEYS: newKey('k1'),
  LATCHKEY_SMTP_URL: 'smtps://ada:secret@mail.example',
  LATCHKEY_MAIL_FROM: 'Example <no-reply@example.com>',
  LATCHKEY_SMS_URL: 'https://texts.example/?secret=s3cret',
}

const unsafe: [what: string, changes: Record<string, string>, setting: string, why: RegExp][] = [
  [
    'an http address',
    { LATCHKEY_PUBLIC_URL: 'http://accounts.example.com' },
    'LATCHKEY_PUBLIC_URL',
    /must begin with https/,
  ],
  ['no address', { LATCHKEY_PUBLIC_URL: '' }, 'LATCHKEY_PUBLIC_URL', /must begin with https/],
  [
    'no encryption keys',
    { LATCHKEY_ENCRYPTION_KEYS: '' },
    'LATCHKEY_ENCRYPTION_KEYS',
    /is missing/,
  ],
  ['no mail server', { LATCHKEY_SMTP_URL: '' }, 'LATCHKEY_SMTP_URL', /is missing/],
  [
    'codes by text message, and nothing to send them',
    { LATCHKEY_SMS_URL: '' },
    'LATCHKEY_SMS_URL',
    /LATCHKEY_MFA_METHODS=passkey,authenticator,email/,
  ],
  ['limits off', { LATCHKEY_LIMITS: 'off' }, 'LATCHKEY_LIMITS', /must be on/],
]

for (const [what, changes, setting, why] of unsafe) {
  test(`production does not start with ${what}`, async (t) => {
    const { code, stdout, stderr } = await runLatchkey(t, {
      environment: { ...safe, ...changes },
    })
    assert.equal(code, 78)
    assert.equal(stdout, '')
    assert.match(stderr, new RegExp(`^${setting} [^\\n]+\\.\\n$`), 'this setting and no other')
    assert.match(stderr, why)
  })
}

test('production with nothing set names all that is unsafe at once', async (t) => {
  const { code, stderr } = await runLatchkey(t, {
    environment: { LATCHKEY_MODE: 'production', LATCHKEY_LIMITS: 'off', LATCHKEY_PORT: '0' },
  })
  assert.equal(code, 78)
  assert.deepEqual(
    stderr.split('\n').map((line) => line.split(' ')[0]),
    ['LATCHKEY_PORT', ...unsafe.map(([, , setting]) => setting).filter(once), ''],
  )
})

// Abuse case (Input and output): Development tools were on in production.
test('production starts when all is right, and has no dev inbox', async (t) => {
  const latchkey = await startProcess(t, { environment: safe })
  await hasNoInbox(latchkey.origin)

  const { code, stdout, stderr } = await latchkey.stop()
  assert.deepEqual([code, stderr], [0, ''])
  assert.ok(stdout.split('\n').some((line) => /"msg":"ready"/.test(line)))
  assert.doesNotMatch(stdout, /development|inbox/i)
  for (const secret of ['secret', 's3cret', safe.LATCHKEY_ENCRYPTION_KEYS]) {
    assert.ok(!stdout.includes(secret))
  }
})

test('production needs no text messages where they are no choice, and keeps none', async (t) => {
  const latchkey = await startProcess(t, {
    environment: { ...safe, LATCHKEY_SMS_URL: '', LATCHKEY_MFA_METHODS: 'authenticator,email' },
  })
  await hasNoInbox(latchkey.origin)
})

async function hasNoInbox(origin: string): Promise<void> {
  for (const path of ['/dev/Messages', '/dev/inbox']) {
    const answer = await fetch(origin + path)
    assert.equal(answer.status, 404)
    assert.equal(((await answer.json()) as { code: string }).code, 'not_found')
  }
  assert.doesNotMatch(await (await fetch(origin)).text(), /inbox/i)
}

function once(setting: string, index: number, all: string[]): boolean {
  return all.indexOf(setting) === index
}
