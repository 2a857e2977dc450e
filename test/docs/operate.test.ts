/** Runs the commands and samples of docs/operate.md. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseEnv, promisify } from 'node:util'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { InvalidSettingsError, readSettings } from '../../src/config/read-settings.ts'
import { createDatabase } from '../support/database.ts'
import { TestLatchkey } from '../support/latchkey.ts'
import { codeBlock, codeBlocksIn, readPage, root } from '../support/markdown.ts'
import {
  createTempFolder,
  runLatchkey,
  startLatchkeyProcess,
  waitUntil,
} from '../support/process.ts'
import { findFreePort } from '../support/tcp.ts'
import { requireWorking } from '../support/tool.ts'

const run = promisify(execFile)
const page = 'docs/operate.md'

test('the settings shown are sufficient for production, and none can be omitted', () => {
  const shown = parseEnv(
    codeBlock(page, 'ini', 'LATCHKEY_').replace(
      'k1:paste-the-key-here',
      generateEncryptionKey('k1'),
    ),
  ) as Record<string, string>
  assert.equal(readSettings(shown).mode, 'production')

  for (const name of Object.keys(shown)) {
    // Production starts without these two, but not as the page describes.
    if (name === 'LATCHKEY_MODE' || name === 'LATCHKEY_TRUST_PROXY') continue
    const { [name]: _, ...rest } = shown
    assert.throws(() => readSettings(rest), InvalidSettingsError, name)
  }
})

test('the command shown generates a valid encryption key', async (t) => {
  if (!(await requireWorking(t, 'openssl', 'version'))) return
  const { stdout } = await run('sh', ['-c', codeBlock(page, 'sh', 'echo "k1')])
  const settings = readSettings({ LATCHKEY_ENCRYPTION_KEYS: stdout.trim() })
  assert.equal(settings.encryptionKeys, stdout.trim())
})

test('the command shown generates a valid webhook secret', async (t) => {
  if (!(await requireWorking(t, 'openssl', 'version'))) return
  const { stdout } = await run('sh', ['-c', codeBlock(page, 'sh', 'echo "whsec')])
  const url = readPage(page).match(/https:\/\/hooks[^`]+/)?.[0] ?? ''
  const LATCHKEY_WEBHOOK_URL = url.replace('whsec_…', stdout.trim())
  assert.equal(readSettings({ LATCHKEY_WEBHOOK_URL }).webhookUrl, LATCHKEY_WEBHOOK_URL)
})

test('every mail and SMS URL shown is valid', () => {
  const addresses =
    readPage(page).match(/(?<=^\| `)(smtps?|twilio|kannel\+http|https):[^`]+/gm) ?? []
  assert.equal(addresses.length, 8)
  for (const address of addresses) {
    const url = address.replace('…', 'a-secret')
    const environment = /^smtp/.test(url)
      ? { LATCHKEY_SMTP_URL: url, LATCHKEY_MAIL_FROM: 'a@example.com' }
      : { LATCHKEY_SMS_URL: url, LATCHKEY_SMS_FROM: 'Example' }
    assert.doesNotThrow(() => readSettings(environment), address)
  }
})

test('a backup made as shown while the service runs restores everything', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  const body = JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery' })
  const call = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  assert.equal((await fetch(`${latchkey.origin}/auth/SignUp`, call)).status, 202)
  const inbox = async (origin: string) =>
    (await fetch(`${origin}/dev/Messages`)).json() as Promise<{ messages: object[] }>
  const before = await inbox(latchkey.origin)
  assert.equal(before.messages.length, 1)

  await run('sh', ['-c', asHere(codeBlock(page, 'sh', 'npx latchkey backup'))], {
    cwd: latchkey.folder,
  })
  await latchkey.stop()

  const data = join(latchkey.folder, 'data')
  for (const end of ['', '-wal', '-shm']) {
    rmSync(join(data, `latchkey.sqlite${end}`), { force: true })
  }
  cpSync(join(latchkey.folder, 'latchkey-backup.sqlite'), join(data, 'latchkey.sqlite'))
  const { folder, environment } = latchkey
  const again = await startLatchkeyProcess(t, { folder, environment })
  assert.deepEqual(await inbox(again.origin), before)
})

test('the crontab line makes a backup named after its day', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  const line = asHere(codeBlock(page, 'crontab'))
    .replace(/^(\S+ ){5}/, '')
    .replaceAll('\\%', '%')
    .replace('/srv/latchkey', latchkey.folder)
    .replace('/var/backups', latchkey.folder)
  await run('sh', ['-c', line])
  const made = readdirSync(latchkey.folder).filter((name) => name.endsWith('.sqlite'))
  assert.equal(made.length, 1)
  assert.match(made[0] ?? '', /^latchkey-\d{4}-\d\d-\d\d\.sqlite$/)
  // The doctor finds no failure.
  const { stdout } = await run('sh', ['-c', asHere(codeBlock(page, 'sh', 'npx latchkey doctor'))], {
    cwd: latchkey.folder,
  })
  assert.doesNotMatch(stdout, /^fail/m)
})

test('copying as shown ends with the setting to change', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  await latchkey.stop()
  const url = await createDatabase(t, 'PostgreSQL')
  const { folder, environment } = latchkey
  const { password } = new URL(url)
  const named = url.replace(`:${password}`, '')
  const command = asHere(codeBlock(page, 'sh', 'npx latchkey copy-to-postgres')).replace(
    /postgres:[^']+/,
    named,
  )
  const { stdout } = await run('sh', ['-c', command], {
    cwd: folder,
    env: { ...process.env, PGPASSWORD: decodeURIComponent(password) },
  })
  assert.match(stdout, /^Done: .*\nSet LATCHKEY_DATABASE_URL/)
  await startLatchkeyProcess(t, {
    folder,
    environment: { ...environment, LATCHKEY_DATABASE_URL: url },
  })
})

test('the pg_dump command for PostgreSQL is the one that backup prints', async (t) => {
  const ended = await runLatchkey(t, {
    args: ['backup', 'latchkey.dump'],
    environment: { LATCHKEY_DATABASE_URL: 'postgres://latchkey:secret@db.example.com/latchkey' },
  })
  assert.ok(ended.stderr.includes(codeBlock(page, 'sh', '(umask')), ended.stderr)
})

/** A command with the path of the CLI, because npx finds no installed package here. */
const asHere = (command: string) =>
  command.replace('npx latchkey', `'${process.execPath}' '${join(root, 'bin/latchkey.js')}'`)

test('the program shown accepts texts from Latchkey and from no other sender', async (t) => {
  const port = await findFreePort()
  const folder = createTempFolder(t)
  const file = join(folder, 'texts.mjs')
  writeFileSync(file, codeBlock(page, 'js').replace('8080', String(port)))
  const env = { PATH: process.env.PATH, TEXTS_SECRET: 'a-secret-of-two' }
  const receiver = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => receiver.kill())
  let printed = ''
  receiver.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text
  })
  await waitUntil(() =>
    fetch(`http://localhost:${port}`).then(
      () => true,
      () => false,
    ),
  )

  const latchkey = new TestLatchkey('SQLite', {
    LATCHKEY_SMS_URL: `http://localhost:${port}/?secret=a-secret-of-two`,
  })
  await latchkey.start()
  t.after(() => latchkey.stop())
  const ada = await latchkey.owner()
  const sent = await ada.post('/settings/MfaSignIn', {
    mfaMethod: 'sms',
    phoneNumber: '+14155550123',
  })
  assert.equal(sent.status, 202)
  await waitUntil(() => printed.includes('a text would be sent to +14155550123'))

  const forged = await fetch(`http://localhost:${port}`, {
    method: 'POST',
    headers: { 'latchkey-signature': `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}` },
    body: JSON.stringify({ to: '+14155550199', from: null, text: 'forged' }),
  })
  assert.equal(forged.status, 401)
  const ended = once(receiver, 'exit')
  receiver.kill()
  await ended
  assert.doesNotMatch(printed, /forged/)
})

// test/support/pgbouncer.ts starts PgBouncer with the block about it.
test('these tests cover every code block of the page', () => {
  const languages = codeBlocksIn(readPage(page)).map(({ language }) => language)
  // All but pg_restore, which the tests’ PostgreSQL does not include.
  assert.deepEqual(languages.sort(), ['crontab', 'ini', 'ini', 'js', ...Array(7).fill('sh')])
})
