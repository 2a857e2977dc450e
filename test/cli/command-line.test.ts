import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { describeSettings } from '../../src/config/read-settings.ts'
import { version } from '../../src/config/version.ts'
import { createTempFolder, runLatchkey } from '../support/process.ts'

test('--version prints the version and --help the commands, and neither creates a file', async (t) => {
  const folder = createTempFolder(t)
  for (const flag of ['--version', '-v']) {
    const { code, stdout, stderr } = await runLatchkey(t, { folder, args: [flag] })
    assert.deepEqual([code, stdout, stderr], [0, `${version}\n`, ''])
  }
  const { code, stdout, stderr } = await runLatchkey(t, { folder, args: ['--help'] })
  assert.deepEqual([code, stderr], [0, ''])
  for (const command of [
    'serve',
    'migrate',
    'settings',
    'doctor',
    'backup FILE',
    'copy-to-postgres',
    '--help',
    '--version',
  ]) {
    assert.match(stdout, new RegExp(`^ {2}latchkey \\[?${command}\\]? `, 'm'))
  }
  assert.deepEqual(readdirSync(folder), [])
})

test('unknown commands and options are named in the error, change nothing and exit with code 64', async (t) => {
  const folder = createTempFolder(t)
  for (const [args, named] of [
    [['serv'], /“serv”/],
    [['serve', 'now'], /“now”/],
    [['--port=4000'], /--port/],
  ] as const) {
    const { code, stdout, stderr } = await runLatchkey(t, { folder, args: [...args] })
    assert.deepEqual([code, stdout], [64, ''])
    assert.match(stderr, named)
    assert.match(stderr, /latchkey --help/)
  }
  assert.deepEqual(readdirSync(folder), [])
})

test('migrate brings the database up to date, and a second run changes nothing', async (t) => {
  const folder = createTempFolder(t)
  const first = await runLatchkey(t, { folder, args: ['migrate'] })
  assert.deepEqual([first.code, first.stderr], [0, ''])
  assert.match(first.stdout, /^Done: 2026-11-30-0000-first-release\b/)
  const second = await runLatchkey(t, { folder, args: ['migrate'] })
  assert.deepEqual(
    [second.code, second.stdout, second.stderr],
    [0, 'The database is up to date.\n', ''],
  )
})

// Abuse case (Input and output): Printing the configuration revealed its passwords and keys
// (GHSA-m9h4-7j9c-55x9).
test('settings lists the value and description of each setting and hides secrets', async (t) => {
  const key = `k1:${Buffer.alloc(32, 7).toString('base64')}`
  const { code, stdout, stderr } = await runLatchkey(t, {
    args: ['settings'],
    environment: {
      LATCHKEY_PORT: '4321',
      LATCHKEY_ENCRYPTION_KEYS: key,
      LATCHKEY_DATABASE_URL: 'postgres://ada:pass-of-the-database@db.example/latchkey',
      LATCHKEY_SMTP_URL: 'smtps://ada:pass-of-the-mail@mail.example',
      LATCHKEY_MAIL_FROM: 'Acme <no-reply@acme.example>',
      LATCHKEY_SMS_URL: 'https://texts.example/?secret=pass-of-the-texts',
    },
  })
  assert.deepEqual([code, stderr], [0, ''])
  for (const { name, default: fallback, description } of describeSettings()) {
    const [, now, means] = new RegExp(`^${name}\\n {2}(.*)\\n {2}(.*)\\n`, 'm').exec(stdout) ?? []
    assert.equal(means, description)
    assert.ok(
      now?.startsWith('set in the environment: ') || now === `not set; default: ${fallback}`,
      `${name} ${now}`,
    )
  }
  assert.match(stdout, /^LATCHKEY_PORT\n {2}set in the environment: 4321$/m)
  assert.match(
    stdout,
    /^LATCHKEY_MAIL_FROM\n {2}set in the environment: Acme <no-reply@acme\.example>$/m,
  )
  for (const name of ['ENCRYPTION_KEYS', 'DATABASE_URL', 'SMTP_URL', 'SMS_URL']) {
    assert.match(
      stdout,
      new RegExp(`^LATCHKEY_${name}\\n {2}set in the environment: \\(hidden\\)$`, 'm'),
    )
  }
  for (const secret of ['pass-of', key.slice(3)]) assert.ok(!stdout.includes(secret), secret)
})

test('settings shows which values come from .env, which the environment overrides, also as JSON', async (t) => {
  const folder = createTempFolder(t)
  writeFileSync(
    join(folder, '.env'),
    'LATCHKEY_PORT=4001\nLATCHKEY_BRAND_NAME=Acme\nLATCHKEY_SMTP_URL=smtp://a:pass-of@localhost\nLATCHKEY_MAIL_FROM=a@b.example\n',
  )
  const environment = { LATCHKEY_PORT: '4321' }
  const { code, stdout, stderr } = await runLatchkey(t, {
    folder,
    environment,
    args: ['settings', '--json'],
  })
  assert.deepEqual([code, stderr], [0, ''])
  const { settings, problems, odds } = JSON.parse(stdout)
  const of = (name: string) => settings.find((one: { name: string }) => one.name === name)
  const shownFor = (name: string) => [of(name).value, of(name).from]
  assert.deepEqual(shownFor('LATCHKEY_PORT'), ['4321', 'environment'])
  assert.deepEqual(shownFor('LATCHKEY_BRAND_NAME'), ['Acme', '.env'])
  assert.deepEqual(shownFor('LATCHKEY_SMTP_URL'), ['(hidden)', '.env'])
  assert.deepEqual(shownFor('LATCHKEY_MODE'), [null, 'default'])
  assert.equal(settings.length, describeSettings().length)
  assert.deepEqual(problems, [])
  assert.ok(odds.secondFactor.sms.chance > 0)
  assert.ok(!stdout.includes('pass-of'))

  const shown = await runLatchkey(t, { folder, environment, args: ['settings'] })
  assert.match(shown.stdout, /^LATCHKEY_BRAND_NAME\n {2}set in \.env: Acme$/m)
})

test('settings lists all settings even if some are invalid', async (t) => {
  const { code, stdout, stderr } = await runLatchkey(t, {
    args: ['settings'],
    environment: { LATCHKEY_STEP_UP_MAX_AGE: 'soon' },
  })
  assert.equal(code, 78)
  assert.match(stdout, /^LATCHKEY_STEP_UP_MAX_AGE\n {2}set in the environment: soon$/m)
  assert.match(stdout, /^LATCHKEY_BRAND_NAME$/m)
  assert.match(stderr, /^LATCHKEY_STEP_UP_MAX_AGE is “soon”/)
})

test('every command reports all invalid settings at once and exits with code 78', async (t) => {
  for (const args of [['serve'], ['migrate'], ['settings']]) {
    const folder = createTempFolder(t)
    writeFileSync(join(folder, '.env'), 'LATCHKEY_RATE_LIMITS=maybe\n')
    const { code, stderr } = await runLatchkey(t, {
      folder,
      args,
      environment: {
        LATCHKEY_PORT: 'eighty',
        LATCHKEY_ENCRYPTION_KEYS: 'k1:c2VjcmV0',
        LATCHKEY_SMTP_URL: 'smtp://ada:pass-of-the-mail@',
        LATCHKEY_SESSION_IDLE_TIMEOUT: '4000',
        LATCHKEY_SESSION_LIFETIME: '3600',
      },
    })
    assert.equal(code, 78)
    const named = stderr.split('\n').map((line) => line.split(' ')[0])
    assert.deepEqual(named, [
      'LATCHKEY_PORT',
      'LATCHKEY_ENCRYPTION_KEYS',
      'LATCHKEY_SMTP_URL',
      'LATCHKEY_RATE_LIMITS',
      'LATCHKEY_MAIL_FROM',
      'LATCHKEY_SESSION_IDLE_TIMEOUT',
      '',
    ])
    assert.doesNotMatch(stderr, /pass-of|c2VjcmV0/)
    assert.deepEqual(readdirSync(folder), ['.env'], 'a file was created')
  }
})

test('an unreadable .env is reported, not ignored', async (t) => {
  const folder = createTempFolder(t)
  mkdirSync(join(folder, '.env'))
  const { code, stderr } = await runLatchkey(t, { folder })
  assert.equal(code, 78)
  assert.match(stderr, /^The file \.env in this folder can’t be read/)
})
