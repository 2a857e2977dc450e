import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  describeSettings,
  InvalidSettingsError,
  readSettings,
} from '../../src/config/read-settings.ts'
import { isSignUpPolicyChosen, signUpPolicyOf } from '../../src/config/sign-up-policy.ts'

/** The problems of an environment; empty if it is valid. */
function problemsOf(environment: Record<string, string>): string[] {
  try {
    readSettings(environment)
    return []
  } catch (error) {
    assert.ok(error instanceof InvalidSettingsError)
    return error.problems
  }
}

test('unset and empty settings have their defaults', () => {
  const defaults = readSettings({})
  assert.equal(defaults.publicUrl, 'http://localhost:4000')
  assert.equal(defaults.audience, 'http://localhost:4000')
  assert.equal(defaults.databaseUrl, 'sqlite:./data/latchkey.sqlite')
  assert.equal(defaults.mode, 'development')
  const empty = Object.fromEntries(describeSettings().map(({ name }) => [name, '']))
  assert.deepEqual(readSettings(empty), defaults)
})

test('the default shutdown delay is two seconds in production and zero in development', () => {
  const safe = {
    LATCHKEY_MODE: 'production',
    LATCHKEY_PUBLIC_URL: 'https://accounts.example.com',
    LATCHKEY_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
    LATCHKEY_SMTP_URL: 'smtps://mail.example.com',
    LATCHKEY_MAIL_FROM: 'a@example.com',
    LATCHKEY_SMS_URL: 'https://texts.example.com/?secret=s',
    LATCHKEY_TRUST_PROXY: 'off',
  }
  assert.equal(readSettings({}).shutdownDelay, 0)
  assert.equal(readSettings(safe).shutdownDelay, 2)
  assert.equal(readSettings({ ...safe, LATCHKEY_SHUTDOWN_DELAY: '0' }).shutdownDelay, 0)
})

test('a policy for sign-up that was chosen is told apart from the default', () => {
  const unset = readSettings({})
  assert.deepEqual(signUpPolicyOf(unset), { kind: 'open' })
  assert.equal(isSignUpPolicyChosen(unset), false)
  for (const [given, policy] of [
    ['open', { kind: 'open' }],
    ['invitation', { kind: 'invitation' }],
    [
      'domains:Example.com,bücher.example,example.com',
      { kind: 'domains', domains: ['example.com', 'xn--bcher-kva.example'] },
    ],
  ] as const) {
    const settings = readSettings({ LATCHKEY_SIGN_UP: given })
    assert.deepEqual(signUpPolicyOf(settings), policy)
    assert.equal(isSignUpPolicyChosen(settings), true)
  }
})

test('the public URL follows the port and is normalized as in browsers', () => {
  assert.equal(readSettings({ LATCHKEY_PORT: '4001' }).publicUrl, 'http://localhost:4001')
  assert.equal(readSettings({ LATCHKEY_PORT: '80' }).publicUrl, 'http://localhost')
  for (const [given, read] of [
    ['https://Accounts.Example.com', 'https://accounts.example.com'],
    ['https://accounts.example.com/', 'https://accounts.example.com'],
    ['https://accounts.example.com:443', 'https://accounts.example.com'],
  ] as const) {
    assert.equal(readSettings({ LATCHKEY_PUBLIC_URL: given }).publicUrl, read)
  }
})

/** Values on both sides of each limit, and values that only look valid. */
const values: Record<string, { good: string[]; bad: string[] }> = {
  LATCHKEY_MODE: {
    good: ['development', 'production'],
    bad: ['prod', 'Production', ' production'],
  },
  LATCHKEY_HOST: { good: ['0.0.0.0', '::', 'localhost'], bad: ['http://localhost', 'a b', '*'] },
  LATCHKEY_PORT: { good: ['1', '65535'], bad: ['0', '65536', '-1', '4e3', '0x50', '80.0', ' 80'] },
  LATCHKEY_PUBLIC_URL: {
    good: ['http://localhost:1', 'https://a.example'],
    bad: ['a.example', 'ftp://a.example', 'https://a.example/x', 'https://a.example?x', 'https://'],
  },
  LATCHKEY_DATABASE_URL: {
    good: ['sqlite:x', 'sqlite:/var/x', 'postgres://h/db', 'postgresql://u:p@h:1/db'],
    bad: [
      'sqlite:',
      'sqlite::memory:',
      'postgres://',
      'postgres://h:99999/db',
      'mysql://h/db',
      './x',
    ],
  },
  LATCHKEY_DATABASE_STATEMENTS: { good: ['named', 'unnamed'], bad: ['on', 'off'] },
  LATCHKEY_MIGRATE: { good: ['on', 'off'], bad: ['true', '0'] },
  LATCHKEY_MFA_METHODS: {
    good: ['email', 'email,sms', 'sms, authenticator'],
    bad: [',', 'email,', 'email,email', 'pigeon', 'Email'],
  },
  LATCHKEY_MFA_POLICY: { good: ['optional', 'required'], bad: ['on', 'always'] },
  LATCHKEY_SIGN_UP: {
    good: [
      'open',
      'invitation',
      'domains:a.example',
      'domains: A.example, bücher.example,b.a.example',
    ],
    bad: [
      'Open',
      'closed',
      'domains',
      'domains:',
      'domains:a.example,',
      'domains:example',
      'domains:@a.example',
      'domains:ada@a.example',
      'domains:*.a.example',
      'domains:1.2.3.4',
      'invitation:a.example',
    ],
  },
  LATCHKEY_STEP_UP_MAX_AGE: { good: ['0', '86400'], bad: ['-1', '86401', '15m'] },
  LATCHKEY_ACCESS_TOKEN_TTL: { good: ['30', '3600'], bad: ['29', '3601'] },
  LATCHKEY_PASSWORD_MIN_LENGTH: { good: ['8', '64'], bad: ['7', '65'] },
  LATCHKEY_METRICS_PORT: { good: ['1', '65535'], bad: ['0', '65536', 'on'] },
  LATCHKEY_METRICS_TOKEN: {
    good: ['a'.repeat(16), `${'A1-._~+/'.repeat(8)}==`],
    bad: ['a'.repeat(15), `${'a'.repeat(16)} b`, 'é'.repeat(16), 'a'.repeat(513)],
  },
  LATCHKEY_SMS_DAILY_CAP: { good: ['0', '10000000'], bad: ['10000001', 'none'] },
  LATCHKEY_TRUST_PROXY: {
    good: ['off', '10.0.0.0/8', '::1, 192.168.0.1', 'fd00::/128', '10.0.0.1/32'],
    bad: ['on', 'true', '*', '10.0.0.0/', '10.0.0.0/33', '10.0.0.256', '0.0.0.0/0', '::1/129', '1'],
  },
  LATCHKEY_BRAND_NAME: {
    good: ['Acme & Co', 'é'.repeat(50)],
    bad: ['<b>', 'é'.repeat(51), 'a\nb'],
  },
  LATCHKEY_AUDIENCE: { good: ['https://api.example'], bad: ['two words'] },
  LATCHKEY_SHUTDOWN_DELAY: { good: ['0', '60'], bad: ['61', '-1', '1.5'] },
  LATCHKEY_ALLOW_NEWER_SCHEMA: { good: ['off', 'on'], bad: ['yes', 'serve'] },
  LATCHKEY_LOG_LEVEL: { good: ['silent', 'trace'], bad: ['verbose'] },
}

for (const [name, { good, bad }] of Object.entries(values)) {
  test(`${name} accepts valid values and no others`, () => {
    for (const given of good) {
      const about = problemsOf({ [name]: given }).filter((problem) => problem.startsWith(name))
      // Production may add other problems of this setting, but no parse error.
      assert.ok(!about.some((problem) => problem.includes('It must be')), `${given}: ${about}`)
    }
    for (const given of bad) {
      const [problem, ...more] = problemsOf({ [name]: given })
      assert.match(problem ?? '', new RegExp(`^${name} is .+\\. It must be .+\\.$`, 's'), given)
      assert.deepEqual(more, [], given)
    }
  })
}

test('an error quotes the given value, but no secret or password in it', () => {
  const secret = 'pass-of-something'
  for (const [name, given] of [
    ['LATCHKEY_ENCRYPTION_KEYS', secret],
    ['LATCHKEY_DATABASE_URL', `mysql://ada:${secret}@db.example/latchkey`],
    ['LATCHKEY_SMTP_URL', `mail://ada:${secret}@mail.example`],
    ['LATCHKEY_SMS_URL', `https://texts.example/?secret=${secret}&secret=twice`],
    ['LATCHKEY_PUBLIC_URL', `https://ada:${secret}@accounts.example.com`],
    ['LATCHKEY_PUBLIC_URL', `postgres://ada:${secret}@accounts.example.com/x@y`],
    ['LATCHKEY_BRAND_NAME', `<postgres://ada:${secret}@db>`],
  ] as const) {
    const [problem = ''] = problemsOf({ [name]: given })
    assert.match(problem, new RegExp(`^${name} `))
    assert.ok(!problem.includes(secret), problem)
    const described = JSON.stringify(describeSettings({ [name]: given }))
    assert.ok(!described.includes(secret), described)
  }
  assert.match(problemsOf({ LATCHKEY_PORT: 'eighty' })[0] ?? '', /^LATCHKEY_PORT is “eighty”\. It/)
})

test('inconsistent settings are each reported once', () => {
  const smtp = { LATCHKEY_SMTP_URL: 'smtp://localhost' }
  assert.match(problemsOf(smtp)[0] ?? '', /^LATCHKEY_MAIL_FROM is missing/)
  assert.equal(problemsOf({ ...smtp, LATCHKEY_MAIL_FROM: 'a@b@c' }).length, 1)
  const unreadable = { LATCHKEY_MODE: 'production', LATCHKEY_PUBLIC_URL: 'a.example' }
  const aboutUrl = problemsOf(unreadable).filter((problem) => /^LATCHKEY_PUBLIC/.test(problem))
  assert.equal(aboutUrl.length, 1)
  const twilio = { LATCHKEY_SMS_URL: 'twilio://AC1:t@api.twilio.com' }
  assert.match(problemsOf(twilio)[0] ?? '', /^LATCHKEY_SMS_FROM is missing/)
  const idle = { LATCHKEY_SESSION_IDLE_TIMEOUT: '3601', LATCHKEY_SESSION_LIFETIME: '3600' }
  assert.match(problemsOf(idle)[0] ?? '', /^LATCHKEY_SESSION_IDLE_TIMEOUT must not be longer/)
  assert.deepEqual(problemsOf({ ...idle, LATCHKEY_SESSION_IDLE_TIMEOUT: '3600' }), [])
})
