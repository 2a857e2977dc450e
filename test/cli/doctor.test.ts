/** `latchkey doctor` against real components, healthy and failing. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { clockFinding } from '../../src/cli/doctor/database.ts'
import { checkKeys } from '../../src/cli/doctor/keys.ts'
import { checkNode } from '../../src/cli/doctor/machine.ts'
import { checkProxy } from '../../src/cli/doctor/public-url.ts'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { sealedColumns } from '../../src/keys/sealed-columns.ts'
import { openDatabase } from '../../src/store/open.ts'
import { addApp } from '../support/apps.ts'
import { createDatabase } from '../support/database.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import {
  createTempFolder,
  type ProcessOptions,
  runLatchkey,
  startLatchkeyProcess,
} from '../support/process.ts'
import { createSelfSignedCertificate, startSmtpServer } from '../support/smtp-server.ts'
import { startTcpServer } from '../support/tcp.ts'

interface Finding {
  part: string
  status: string
  what: string
  todo?: string
}

/** Runs `doctor --json`. @returns its findings; `of` finds the one of a part */
async function examine(t: TestContext, options: ProcessOptions, ...more: string[]) {
  const ended = await runLatchkey(t, { ...options, args: ['doctor', '--json', ...more] })
  assert.equal(ended.stderr, '')
  const { ok, findings } = JSON.parse(ended.stdout) as { ok: boolean; findings: Finding[] }
  assert.equal(ended.code, ok ? 0 : 1)
  assert.equal(ok, !findings.some(({ status }) => status === 'fail'))
  for (const { status, todo } of findings) assert.equal(status === 'ok', todo === undefined)
  const of = (part: string) => findings.find((one) => one.part === part)
  return { ok, findings, of, stdout: ended.stdout }
}

/** Every file in a folder, with its size and modification time. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mtimeMs, size } = statSync(join(folder, name))
      return `${name} ${size} ${mtimeMs}`
    })
}

test('doctor reports no problem for a healthy service, running or stopped, and writes nothing', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  const { folder, environment } = latchkey
  const running = await examine(t, { folder, environment }, '--online')
  assert.deepEqual(
    running.findings.filter(({ status }) => status !== 'ok'),
    [],
  )
  const parts = [
    'settings',
    'sign-up',
    'node',
    'database',
    'disk',
    'migrations',
    'keys',
    'online',
    'smtp',
    'sms',
    'public-url',
    'proxy',
  ]
  assert.deepEqual(
    running.findings.map(({ part }) => part),
    parts,
  )

  await latchkey.stop()
  const before = listFiles(folder)
  const stopped = await runLatchkey(t, { folder, environment, args: ['doctor'] })
  assert.deepEqual([stopped.code, stopped.stderr], [0, ''])
  assert.match(stopped.stdout, /^ok {4}keys +The configured key opens all 2 sealed values\.$/m)
  assert.deepEqual(listFiles(folder), before)

  const offline = await examine(t, { folder, environment }, '--online')
  assert.match(offline.of('online')?.what ?? '', /does not lead to this service \(ECONNREFUSED\)/)
  assert.deepEqual(listFiles(folder), before)

  const db = new DatabaseSync(join(folder, 'data/latchkey.sqlite'))
  db.exec("insert into kysely_migration values ('2999-01-01-0900-later', '2999-01-01')")
  db.close()
  for (const [LATCHKEY_ALLOW_NEWER_SCHEMA, status] of [
    ['off', 'fail'],
    ['on', 'warn'],
  ] as const) {
    const newer = { ...environment, LATCHKEY_ALLOW_NEWER_SCHEMA }
    const found = await examine(t, { folder, environment: newer })
    assert.equal(found.of('migrations')?.status, status)
  }
})

test('doctor reports a missing database and does not create it', async (t) => {
  const folder = createTempFolder(t)
  const { ok, of } = await examine(t, { folder })
  assert.equal(ok, false)
  assert.match(of('database')?.what ?? '', /The file .*latchkey\.sqlite does not exist/)
  assert.deepEqual(readdirSync(folder), [])
  const usage = await runLatchkey(t, { args: ['doctor', '--mail-to', 'a@b.c>\r\nDATA'] })
  assert.equal(usage.code, 64)
})

test('doctor names all invalid settings and checks nothing else', async (t) => {
  const { findings } = await examine(t, {
    environment: {
      LATCHKEY_STEP_UP_MAX_AGE: 'soon',
      LATCHKEY_RATE_LIMITS: 'maybe',
      LATCHKEY_PROT: '4000',
    },
  })
  const invalidNames = findings
    .filter(({ status }) => status === 'fail')
    .map(({ what }) => what.split(' ')[0])
  assert.deepEqual(invalidNames, ['LATCHKEY_STEP_UP_MAX_AGE', 'LATCHKEY_RATE_LIMITS'])
  assert.match(
    findings.find(({ status }) => status === 'warn')?.what ?? '',
    /^LATCHKEY_PROT is not/,
  )
  assert.ok(!findings.some(({ part }) => part === 'database'))
})

test('doctor distinguishes an unreachable, silent, empty and partly copied PostgreSQL', async (t) => {
  const silent = await startTcpServer(t, (socket) => t.after(() => socket.destroy()))
  const url = await createDatabase(t, 'PostgreSQL')
  const at = (place: string) => ({ environment: { LATCHKEY_DATABASE_URL: place } })
  const [away, hangs, empty] = await Promise.all([
    examine(t, at('postgres://ada:pass-of-hers@127.0.0.1:1/latchkey')),
    examine(t, at(`postgres://ada:pass-of-hers@127.0.0.1:${silent}/latchkey`)),
    examine(t, at(url)),
  ])
  assert.match(away.of('database')?.what ?? '', /can’t be used .*ECONNREFUSED/)
  assert.match(hangs.of('database')?.what ?? '', /can’t be used .*timeout/)
  for (const { ok, stdout } of [away, hangs]) assert.ok(!ok && !stdout.includes('pass-of-hers'))
  assert.match(empty.of('database')?.what ?? '', /^PostgreSQL [\d.]+ answers in/)
  assert.equal(empty.of('clock')?.status, 'ok')
  assert.equal(empty.of('migrations')?.status, 'fail')
  assert.match(empty.of('migrations')?.todo ?? '', /latchkey migrate/)

  const db = openDatabase(url)
  t.after(() => db.destroy())
  assert.deepEqual(await db.introspection.getTables(), [])
  await db.schema.createTable('latchkey_copy').addColumn('source', 'text').execute()
  const half = await examine(t, at(url))
  assert.match(half.of('migrations')?.what ?? '', /copy to this database is unfinished/)
})

onEachDatabase((latchkey) => {
  test('doctor names the columns that the configured keys cannot open', async (t) => {
    await addApp(
      t,
      latchkey,
      'wiki',
      '--url',
      'https://a.example',
      '--redirect-uri',
      'https://a.example/b',
    )
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    const { refreshToken } = ada
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 200)
    const { LATCHKEY_DATABASE_URL = '', LATCHKEY_ENCRYPTION_KEYS: right = '' } =
      latchkey.environment
    const db = openDatabase(LATCHKEY_DATABASE_URL)
    t.after(() => db.destroy())
    const [well] = await checkKeys(db, `${generateEncryptionKey('k2')},${right}`)
    assert.equal(well?.status, 'ok')
    const other = await checkKeys(db, generateEncryptionKey('k2'))
    const places = other.map(({ what }) => / in (\w+\.\w+) need an encryption key/.exec(what)?.[1])
    assert.deepEqual(places, Object.keys(sealedColumns))
    // A different key with the same id.
    const replaced = await checkKeys(db, generateEncryptionKey('test'))
    assert.deepEqual(
      replaced.map(({ what }) => /Values in (\w+\.\w+) can’t be opened/.exec(what)?.[1]),
      Object.keys(sealedColumns),
    )
  })
})

test('doctor checks every sealed column', () => {
  const source = readFileSync(join(import.meta.dirname, '../../src/store/schema.ts'), 'utf8')
  const columns = [...source.matchAll(/^ {2}(\w+_sealed):/gm)].map(([, name]) => name)
  assert.deepEqual(
    Object.keys(sealedColumns)
      .map((place) => place.split('.')[1])
      .sort(),
    columns.sort(),
  )
})

test('doctor tests a mail server up to the recipient and quotes its refusal', async (t) => {
  const certificate = await createSelfSignedCertificate(t)
  if (!certificate) return
  const password = 'pass-of-the-mail'
  const smtp = await startSmtpServer(t, { tls: { certificate, at: 'STARTTLS' }, password })
  const authority = join(createTempFolder(t), 'authority.pem')
  writeFileSync(authority, certificate.cert)
  const latchkey = await startLatchkeyProcess(t)
  await latchkey.stop()
  const url = (pass: string) => `smtp://ada:${pass}@localhost:${smtp.port}?tls=on`
  const optionsWith = (pass: string) => ({
    folder: latchkey.folder,
    environment: {
      NODE_EXTRA_CA_CERTS: authority,
      LATCHKEY_SMTP_URL: url(pass),
      LATCHKEY_MAIL_FROM: 'Acme <no-reply@acme.example>',
    },
  })
  const well = await examine(t, optionsWith(password), '--mail-to', 'operator@acme.example')
  assert.match(well.of('smtp')?.what ?? '', /accepts mail to operator@acme\.example, over TLS/)
  assert.deepEqual([smtp.received, smtp.recipients], [[], ['operator@acme.example']])

  const wrong = await examine(t, optionsWith('pass-of-nobody'))
  assert.match(
    wrong.of('smtp')?.what ?? '',
    /\(sign in\): Invalid login: 535 5\.7\.8 ada … is not right/,
  )
  assert.match(wrong.of('smtp')?.todo ?? '', /user and password/)
  assert.ok(!wrong.stdout.includes('pass-of-nobody'))
})

test('doctor warns about wrong clocks, risky proxy settings and unsupported Node versions', () => {
  assert.deepEqual(
    [0, 900, -900].map((ms) => clockFinding(ms).status),
    ['ok', 'ok', 'ok'],
  )
  assert.deepEqual(
    [1100, -29_000].map((ms) => clockFinding(ms).status),
    ['warn', 'warn'],
  )
  assert.deepEqual(
    [31_000, -31_000].map((ms) => clockFinding(ms).status),
    ['fail', 'fail'],
  )
  assert.deepEqual(
    ['20.19.0', '24.22.3', '25.9.0', '26.1.0', '28.0.0'].map((v) => checkNode(v).status),
    ['fail', 'ok', 'warn', 'ok', 'warn'],
  )
  // Each Node version that the tests run on has a folder in runtime/.
  for (const major of readdirSync(join(import.meta.dirname, '../../runtime'))) {
    assert.equal(checkNode(`${major}.0.0`).status, 'ok', major)
  }
  const proxy = (given: string) =>
    checkProxy({ ...readSettings({ LATCHKEY_TRUST_PROXY: given }), mode: 'production' }).status
  assert.deepEqual(['off', '127.0.0.1', '10.0.0.0/8', '0.0.0.0/1'].map(proxy), [
    'warn',
    'ok',
    'ok',
    'warn',
  ])
})
