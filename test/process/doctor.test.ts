/** `latchkey doctor`, against real parts that are well and that are not. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { checkProxy } from '../../src/commands/doctor/address.ts'
import { clockFinding } from '../../src/commands/doctor/database.ts'
import { checkKeys } from '../../src/commands/doctor/keys.ts'
import { checkNode } from '../../src/commands/doctor/machine.ts'
import { sealedColumns } from '../../src/keys/sealed.ts'
import { newKey } from '../../src/lib/keys.ts'
import { lookAtMail } from '../../src/messages/mail-look.ts'
import { lookAtSms } from '../../src/messages/sms-look.ts'
import { readSettings } from '../../src/read-settings.ts'
import { openStore } from '../../src/store/open.ts'
import { emptyDatabase } from '../support/database.ts'
import { listen } from '../support/free-port.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { emptyFolder, type ProcessOptions, runLatchkey, startProcess } from '../support/process.ts'
import { selfSigned, startSmtp } from '../support/smtp.ts'

interface Finding {
  part: string
  status: string
  what: string
  todo?: string
}

/** What it finds: `ok`, `warn` or `fail` of each part, and the findings themselves. */
async function examine(t: TestContext, options: ProcessOptions, ...more: string[]) {
  const ended = await runLatchkey(t, { ...options, args: ['doctor', '--json', ...more] })
  assert.equal(ended.stderr, '')
  const { ok, findings } = JSON.parse(ended.stdout) as { ok: boolean; findings: Finding[] }
  assert.equal(ended.code, ok ? 0 : 1)
  assert.equal(ok, !findings.some(({ status }) => status === 'fail'))
  for (const { status, todo } of findings) assert.equal(status === 'ok', todo === undefined)
  const of = (part: string) => findings.find((one) => one.part === part)
  return { ok, findings, of, said: ended.stdout }
}

/** Every file below, with what is in it and when it was written. */
function everything(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mtimeMs, size } = statSync(join(folder, name))
      return `${name} ${size} ${mtimeMs}`
    })
}

test('a service that is well has nothing wrong, running or not, and nothing is written', async (t) => {
  const latchkey = await startProcess(t)
  const { folder, environment } = latchkey
  const running = await examine(t, { folder, environment }, '--online')
  assert.deepEqual(
    running.findings.filter(({ status }) => status !== 'ok'),
    [],
  )
  const parts = [
    'settings',
    'node',
    'database',
    'disk',
    'migrations',
    'keys',
    'online',
    'mail',
    'texts',
    'address',
    'proxy',
  ]
  assert.deepEqual(
    running.findings.map(({ part }) => part),
    parts,
  )

  await latchkey.stop()
  const before = everything(folder)
  const stopped = await runLatchkey(t, { folder, environment, args: ['doctor'] })
  assert.deepEqual([stopped.code, stopped.stderr], [0, ''])
  assert.match(stopped.stdout, /^ok {4}keys +The key opens what is sealed: 2 rows\.$/m)
  assert.deepEqual(everything(folder), before)

  const away = await examine(t, { folder, environment }, '--online')
  assert.match(away.of('online')?.what ?? '', /does not lead to this service \(ECONNREFUSED\)/)
  assert.deepEqual(everything(folder), before)

  const db = new DatabaseSync(join(folder, 'data/latchkey.sqlite'))
  db.exec("insert into kysely_migration values ('2999-01-01-0900-later', '2999-01-01')")
  db.close()
  for (const [LATCHKEY_NEWER_DATABASE, status] of [
    ['refuse', 'fail'],
    ['serve', 'warn'],
  ] as const) {
    const newer = { ...environment, LATCHKEY_NEWER_DATABASE }
    const found = await examine(t, { folder, environment: newer })
    assert.equal(found.of('migrations')?.status, status)
  }
})

test('what is missing is said, and not made', async (t) => {
  const folder = emptyFolder(t)
  const { ok, of } = await examine(t, { folder })
  assert.equal(ok, false)
  assert.match(of('database')?.what ?? '', /There is no file .*latchkey\.sqlite/)
  assert.deepEqual(readdirSync(folder), [])
  const usage = await runLatchkey(t, { args: ['doctor', '--mail-to', 'a@b.c>\r\nDATA'] })
  assert.equal(usage.code, 64)
})

test('wrong settings are all named, and nothing else is looked at', async (t) => {
  const { findings } = await examine(t, {
    environment: {
      LATCHKEY_STEP_UP_MAX_AGE: 'soon',
      LATCHKEY_LIMITS: 'maybe',
      LATCHKEY_PROT: '4000',
    },
  })
  const wrong = findings
    .filter(({ status }) => status === 'fail')
    .map(({ what }) => what.split(' ')[0])
  assert.deepEqual(wrong, ['LATCHKEY_STEP_UP_MAX_AGE', 'LATCHKEY_LIMITS'])
  assert.match(
    findings.find(({ status }) => status === 'warn')?.what ?? '',
    /^LATCHKEY_PROT is not/,
  )
  assert.ok(!findings.some(({ part }) => part === 'database'))
})

test('PostgreSQL that is away, silent, empty or half moved is told apart', async (t) => {
  const silent = await listen(t, (socket) => t.after(() => socket.destroy()))
  const url = await emptyDatabase(t, 'PostgreSQL')
  const at = (place: string) => ({ environment: { LATCHKEY_DATABASE_URL: place } })
  const [away, hangs, empty] = await Promise.all([
    examine(t, at('postgres://ada:pass-of-hers@127.0.0.1:1/latchkey')),
    examine(t, at(`postgres://ada:pass-of-hers@127.0.0.1:${silent}/latchkey`)),
    examine(t, at(url)),
  ])
  assert.match(away.of('database')?.what ?? '', /can’t be used .*ECONNREFUSED/)
  assert.match(hangs.of('database')?.what ?? '', /can’t be used .*timeout/)
  for (const { ok, said } of [away, hangs]) assert.ok(!ok && !said.includes('pass-of-hers'))
  assert.match(empty.of('database')?.what ?? '', /^PostgreSQL [\d.]+ answers in/)
  assert.equal(empty.of('clock')?.status, 'ok')
  assert.equal(empty.of('migrations')?.status, 'fail')
  assert.match(empty.of('migrations')?.todo ?? '', /latchkey migrate/)

  const db = openStore(url)
  t.after(() => db.destroy())
  assert.deepEqual(await db.introspection.getTables(), [])
  await db.schema.createTable('latchkey_move').addColumn('source', 'text').execute()
  const half = await examine(t, at(url))
  assert.match(half.of('migrations')?.what ?? '', /Not everything has been moved/)
})

onEachDatabase((latchkey) => {
  test('keys that don’t open everything are named by what they leave closed', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    const { LATCHKEY_DATABASE_URL = '', LATCHKEY_ENCRYPTION_KEYS: right = '' } =
      latchkey.environment
    const db = openStore(LATCHKEY_DATABASE_URL)
    t.after(() => db.destroy())
    const [well] = await checkKeys(db, `${newKey('k2')},${right}`)
    assert.equal(well?.status, 'ok')
    const other = await checkKeys(db, newKey('k2'))
    const places = other.map(({ what }) => / in (\w+\.\w+) need an encryption key/.exec(what)?.[1])
    assert.deepEqual(places, Object.keys(sealedColumns))
    // The same name, another key.
    const spoilt = await checkKeys(db, newKey('test'))
    assert.deepEqual(
      spoilt.map(({ what }) => /What is in (\w+\.\w+) can’t be opened/.exec(what)?.[1]),
      Object.keys(sealedColumns),
    )
  })
})

test('every sealed column there is gets looked at', () => {
  const source = readFileSync(join(import.meta.dirname, '../../src/store/schema.ts'), 'utf8')
  const columns = [...source.matchAll(/^ {2}(\w+_sealed):/gm)].map(([, name]) => name)
  assert.deepEqual(
    Object.keys(sealedColumns)
      .map((place) => place.split('.')[1])
      .sort(),
    columns.sort(),
  )
})

test('a mail server is asked up to the recipient, and says no in its own words', async (t) => {
  const certificate = await selfSigned(t)
  if (!certificate) return
  const password = 'pass-of-the-mail'
  const smtp = await startSmtp(t, { tls: { certificate, at: 'STARTTLS' }, password })
  const authority = join(emptyFolder(t), 'authority.pem')
  writeFileSync(authority, certificate.cert)
  const latchkey = await startProcess(t)
  await latchkey.stop()
  const url = (pass: string) => `smtp://ada:${pass}@localhost:${smtp.port}?tls=on`
  const with_ = (pass: string) => ({
    folder: latchkey.folder,
    environment: {
      NODE_EXTRA_CA_CERTS: authority,
      LATCHKEY_SMTP_URL: url(pass),
      LATCHKEY_MAIL_FROM: 'Acme <no-reply@acme.example>',
    },
  })
  const well = await examine(t, with_(password), '--mail-to', 'operator@acme.example')
  assert.match(well.of('mail')?.what ?? '', /takes mail to operator@acme\.example, over TLS/)
  assert.deepEqual([smtp.taken, smtp.named], [[], ['operator@acme.example']])

  const wrong = await examine(t, with_('pass-of-nobody'))
  assert.match(
    wrong.of('mail')?.what ?? '',
    /\(sign in\): Invalid login: 535 5\.7\.8 ada … is not right/,
  )
  assert.match(wrong.of('mail')?.todo ?? '', /user and password/)
  assert.ok(!wrong.said.includes('pass-of-nobody'))
})

test('each step of a mail server that fails is told apart', async (t) => {
  const from = 'no-reply@acme.example'
  const plain = await startSmtp(t)
  const at = (port: number, tls = 'off') => ({
    smtpUrl: `smtp://127.0.0.1:${port}?tls=${tls}`,
    from,
    waitMs: 500,
  })
  assert.deepEqual(await lookAtMail(at(plain.port)), { taken: true, to: from, encrypted: false })
  assert.deepEqual([plain.named, plain.taken], [[from], []])

  for (const [to, step] of [
    ['MAIL FROM', 'sender'],
    ['RCPT TO', 'recipient'],
  ] as const) {
    plain.refusal = { to, code: 550, text: '5.7.1 we relay for nobody' }
    const look = await lookAtMail(at(plain.port))
    assert.deepEqual(look, { taken: false, step, said: '550 5.7.1 we relay for nobody' })
  }
  const noTls = await lookAtMail(at(plain.port, 'on'))
  assert.ok(
    !noTls.taken && noTls.step === 'connect' && /STARTTLS/.test(noTls.said),
    JSON.stringify(noTls),
  )
  const dead = await lookAtMail(at(1))
  assert.ok(!dead.taken && /ECONNREFUSED/.test(dead.said), JSON.stringify(dead))
  const silent = await listen(t, (socket) => t.after(() => socket.destroy()))
  const hung = await lookAtMail(at(silent))
  assert.ok(!hung.taken && /no answer within 0\.5 s/.test(hung.said), JSON.stringify(hung))
  const rude = await listen(t, (socket) => socket.destroy())
  const cut = await lookAtMail(at(rude))
  assert.ok(!cut.taken && cut.step === 'connect', JSON.stringify(cut))
})

test('an SMS provider is knocked at, and Twilio asked for the account', async (t) => {
  const asked: (string | undefined)[] = []
  const twilio = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const right = `Basic ${Buffer.from('AC1:right').toString('base64')}`
    response.writeHead(request.headers.authorization === right ? 200 : 401).end('{}')
  })
  await new Promise<void>((listening) => twilio.listen(0, '127.0.0.1', listening))
  t.after(() => twilio.close())
  const { port } = twilio.address() as { port: number }
  const well = await lookAtSms(`twilio://AC1:right@127.0.0.1:${port}`)
  assert.deepEqual([well.reached, well.signedIn], [true, true])
  const wrong = await lookAtSms(`twilio://AC1:wrong@127.0.0.1:${port}`)
  assert.deepEqual([wrong.reached, wrong.signedIn], [true, false])
  assert.deepEqual(asked, Array(2).fill('GET /2010-04-01/Accounts/AC1.json'))

  const kannel = await lookAtSms(`kannel+http://a:b@127.0.0.1:${port}/cgi-bin/sendsms`)
  assert.deepEqual([kannel.reached, kannel.signedIn], [true, undefined])
  assert.match(
    (await lookAtSms('http://127.0.0.1:1/?secret=s')).what,
    /127\.0\.0\.1:1 can’t be reached \(ECONNREFUSED\)/,
  )
  // No TLS there, and one that never says a word.
  assert.equal((await lookAtSms(`https://127.0.0.1:${port}/?secret=s`)).reached, false)
  const silent = await listen(t, (socket) => t.after(() => socket.destroy()))
  assert.match(
    (await lookAtSms(`https://127.0.0.1:${silent}/?secret=s`, 200)).what,
    /no answer within/,
  )
})

test('clocks, proxies and versions of Node are told when they are off', () => {
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
  // Each version that the tests run on has a folder there.
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
