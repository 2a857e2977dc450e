import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTempFolder, startLatchkeyProcess } from '../support/process.ts'

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
) as { version: string }

test('the service starts in an empty folder without configuration and prints where to start', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  const lines = latchkey.stdout.split('\n')
  assert.deepEqual(lines.slice(0, 7), [
    `Latchkey ${version} is ready.`,
    '',
    `  Start here  ${latchkey.origin}`,
    `  Reference   ${latchkey.origin}/docs`,
    `  Dev inbox   ${latchkey.origin}/dev/inbox`,
    '',
    'Development mode: the dev inbox captures emails and text messages; none are sent. Press Ctrl-C to stop.',
  ])
  for (const place of ['/', '/docs', '/dev/inbox']) {
    assert.equal((await fetch(latchkey.origin + place)).status, 200, place)
  }
  const { stderr } = await latchkey.stop()
  assert.equal(stderr, '', 'a first start printed a warning')
})

test('data files are readable by their user only, even in a folder that others may read', async (t) => {
  const folder = createTempFolder(t)
  mkdirSync(join(folder, 'data'), { mode: 0o755 })
  const latchkey = await startLatchkeyProcess(t, { folder })
  const files = readdirSync(join(folder, 'data')).sort()
  assert.deepEqual(files, [
    'encryption-keys',
    'latchkey.sqlite',
    'latchkey.sqlite-shm',
    'latchkey.sqlite-wal',
  ])
  for (const file of files) assert.equal(modeOf(join(folder, 'data', file)), '600', file)
  await latchkey.stop()
})

test('the data folder is private to its user', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  assert.equal(modeOf(join(latchkey.folder, 'data')), '700')
  const elsewhere = await startLatchkeyProcess(t, {
    environment: { LATCHKEY_DATABASE_URL: 'sqlite:./some/where/else.sqlite' },
  })
  assert.equal(modeOf(join(elsewhere.folder, 'some/where')), '700')
  assert.equal(modeOf(join(elsewhere.folder, 'some/where/encryption-keys')), '600')
})

test('a second start uses the data and keys of the first', async (t) => {
  const first = await startLatchkeyProcess(t)
  const keys = await jwks(first.origin)
  await first.stop()
  const second = await startLatchkeyProcess(t, { folder: first.folder })
  assert.deepEqual(await jwks(second.origin), keys)
})

test('.env is read, and the environment overrides it', async (t) => {
  const folder = createTempFolder(t)
  writeFileSync(
    join(folder, '.env'),
    'LATCHKEY_BRAND_NAME="Acme & Daughters"\nLATCHKEY_PUBLIC_URL=http://from-file.example\n',
  )
  const latchkey = await startLatchkeyProcess(t, {
    folder,
    environment: { LATCHKEY_PUBLIC_URL: 'http://from-environment.example' },
  })
  assert.match(latchkey.stdout, /Start here {2}http:\/\/from-environment\.example\n/)
  assert.match(
    await (await fetch(latchkey.origin)).text(),
    /<title>[^<]* · Acme &amp; Daughters<\/title>/,
  )
})

test('unknown LATCHKEY_ variables cause a warning and do not prevent startup', async (t) => {
  const latchkey = await startLatchkeyProcess(t, {
    environment: { LATCHKEY_PROT: '4000', LATCHKEY_LOG_LEVEL: 'error' },
  })
  const { stderr } = await latchkey.stop()
  assert.equal(
    stderr,
    'LATCHKEY_PROT is not a setting of this version. “latchkey settings” lists all settings.\n',
  )
})

test('the startup text offers the dev inbox only for the channels that it captures', async (t) => {
  const mail = { LATCHKEY_SMTP_URL: 'smtp://127.0.0.1:25', LATCHKEY_MAIL_FROM: 'a@example.org' }
  const texts = { LATCHKEY_SMS_URL: 'http://127.0.0.1:1/?secret=x' }
  const both = await startLatchkeyProcess(t, { environment: { ...mail, ...texts } })
  assert.doesNotMatch(both.stdout, /inbox/i)
  assert.match(both.stdout, /Development mode\. Press Ctrl-C to stop\./)
  assert.equal((await fetch(`${both.origin}/dev/Messages`)).status, 404)

  const one = await startLatchkeyProcess(t, { environment: mail })
  assert.match(one.stdout, /Development mode: the dev inbox captures text messages;/)
  assert.equal((await fetch(`${one.origin}/dev/Messages`)).status, 200)
})

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

async function jwks(origin: string): Promise<unknown> {
  return (await fetch(`${origin}/.well-known/jwks.json`)).json()
}
