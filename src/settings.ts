import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { keysProblem } from './lib/keys.ts'
import { mailFromProblem, smtpUrlProblem } from './messages/mail.ts'
import { smsFromProblem, smsUrlProblem } from './messages/sms.ts'

/**
 * One kind of value. `parse` returns undefined for what it cannot take; `expected` says in words
 * what it can.
 */
interface Kind<Value> {
  expected: string
  parse(given: string): Value | undefined
}

interface Setting<Value> extends Kind<Value> {
  name: `LATCHKEY_${string}`
  /** In words: what holds when it is not given. */
  default: string
  meaning: string
  fallback: Value
  /** Never shown, neither in output nor in errors. */
  secret: boolean
}

function setting<Value>(
  name: Setting<Value>['name'],
  kind: Kind<Value>,
  fallback: NoInfer<Value>,
  about: { meaning: string; default?: string; secret?: boolean },
): Setting<Value> {
  const { meaning, secret = false } = about
  return { ...kind, name, fallback, meaning, secret, default: about.default ?? String(fallback) }
}

const choice = <const Value extends string>(...values: Value[]): Kind<Value> => ({
  expected: `one of ${values.join(', ')}`,
  parse: (given) => values.find((value) => value === given),
})

const wholeNumber = (from: number, to: number): Kind<number> => ({
  expected: `a whole number from ${from.toLocaleString('en')} to ${to.toLocaleString('en')}`,
  parse(given) {
    const number = /^[0-9]{1,15}$/.test(given) ? Number(given) : Number.NaN
    return number >= from && number <= to ? number : undefined
  },
})

const text = (pattern: RegExp, expected: string): Kind<string | undefined> => ({
  expected,
  parse: (given) => (pattern.test(given) ? given : undefined),
})

/** A value whose own module knows what is wrong with it. */
const checked = (
  problem: (given: string) => string | undefined,
  expected: string,
): Kind<string | undefined> => ({
  expected,
  parse: (given) => (problem(given) === undefined ? given : undefined),
})

const origin: Kind<string | undefined> = {
  expected: 'an address such as https://accounts.example.com, without a path',
  parse(given) {
    const url = URL.parse(given)
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined
    return url.pathname === '/' && !url.search && !url.hash ? url.origin : undefined
  },
}

/** Not opened here: only whether it can be one. */
const database: Kind<string | undefined> = {
  expected: '`sqlite:<file>` or `postgres://user:password@host/database`',
  parse(given) {
    // A database in memory would be gone with the process, and everybody's account with it.
    if (given.startsWith('sqlite:')) return /^sqlite:[^:]/.test(given) ? given : undefined
    return /^postgres(ql)?:\/\/./.test(given) && URL.canParse(given) ? given : undefined
  },
}

/** Methods that owners may choose from, in the order they are ranked by default. */
export const mfaMethods = ['authenticator', 'sms', 'email'] as const
export type MfaMethod = (typeof mfaMethods)[number]

const methodList: Kind<readonly MfaMethod[]> = {
  expected: `one or more of ${mfaMethods.join(', ')}, separated by commas, each once`,
  parse(given) {
    const names = given.split(',').map((name) => name.trim())
    const known = names.filter((name): name is MfaMethod => mfaMethods.some((m) => m === name))
    return known.length === names.length && new Set(names).size === names.length ? known : undefined
  },
}

const proxies: Kind<readonly string[]> = {
  expected: '`off`, or addresses or ranges such as 10.0.0.0/8, separated by commas',
  parse(given) {
    if (given === 'off') return []
    const ranges = given.split(',').map((range) => range.trim())
    return ranges.every(isRange) ? ranges : undefined
  },
}

function isRange(range: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/([1-9][0-9]{0,2}))?$/.exec(range) ?? []
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  return most > 0 && (bits === undefined || Number(bits) <= most)
}

const table = {
  mode: setting('LATCHKEY_MODE', choice('development', 'production'), 'development', {
    meaning:
      '`production` refuses to start with anything that is for development only: a dev inbox, generated keys, an http address, limits off.',
  }),
  host: setting(
    'LATCHKEY_HOST',
    text(/^[A-Za-z0-9.:-]+$/, 'an address of this machine'),
    '127.0.0.1',
    {
      meaning: 'The address it listens on; `0.0.0.0` or `::` is every one.',
    },
  ),
  port: setting('LATCHKEY_PORT', wholeNumber(1, 65535), 4000, {
    meaning: 'The port it listens on.',
  }),
  publicUrl: setting('LATCHKEY_PUBLIC_URL', origin, undefined, {
    default: '`http://localhost:<port>`',
    meaning:
      'Where people and programs reach it: the issuer of tokens and the base of links in messages. Never taken from a request.',
  }),
  databaseUrl: setting('LATCHKEY_DATABASE_URL', database, 'sqlite:./data/latchkey.sqlite', {
    meaning: 'Where everything is kept: one SQLite file, or PostgreSQL.',
    secret: true,
  }),
  migrate: setting('LATCHKEY_MIGRATE', choice('on', 'off'), 'on', {
    meaning: '`off` leaves migrations to `latchkey migrate`, instead of running them at start.',
  }),
  encryptionKeys: setting(
    'LATCHKEY_ENCRYPTION_KEYS',
    checked(keysProblem, 'keys as id:base64 of 32 bytes, separated by commas'),
    undefined,
    {
      default: 'in development made at first start, kept in `data/encryption-keys`',
      meaning:
        'What secrets in the database are encrypted with. The first key encrypts, all decrypt. Losing them loses every authenticator app.',
      secret: true,
    },
  ),
  audience: setting('LATCHKEY_AUDIENCE', text(/^\S+$/, 'a name without spaces'), undefined, {
    default: 'the public URL',
    meaning: 'The `aud` of access tokens: what your backends check for.',
  }),
  smtpUrl: setting(
    'LATCHKEY_SMTP_URL',
    checked(smtpUrlProblem, 'smtp://user:password@host:587 or smtps://user:password@host:465'),
    undefined,
    {
      default: 'none: in development, mail stays in the dev inbox',
      meaning: 'The mail server that takes our mail.',
      secret: true,
    },
  ),
  mailFrom: setting(
    'LATCHKEY_MAIL_FROM',
    checked(mailFromProblem, 'an address, or `Name <address>`'),
    undefined,
    {
      default: 'none',
      meaning: 'The sender of our mail, such as `Example <no-reply@example.com>`.',
    },
  ),
  smsUrl: setting(
    'LATCHKEY_SMS_URL',
    checked(
      smsUrlProblem,
      'twilio://SID:TOKEN@api.twilio.com, kannel+http://user:password@host:port/cgi-bin/sendsms, or https://… with ?secret=',
    ),
    undefined,
    {
      default: 'none: in development, texts stay in the dev inbox',
      meaning:
        'What sends our texts: Twilio, Kannel, or a program of yours that takes a signed JSON POST.',
      secret: true,
    },
  ),
  smsFrom: setting(
    'LATCHKEY_SMS_FROM',
    text(/^\+?[A-Za-z0-9 ]{1,40}$/, 'a number or a name'),
    undefined,
    {
      default: 'none',
      meaning: 'The sender of our texts: a number, a name, or a Twilio messaging service.',
    },
  ),
  smsDailyCap: setting('LATCHKEY_SMS_DAILY_CAP', wholeNumber(0, 10_000_000), 1000, {
    meaning: 'Texts in 24 hours, over the whole service. Past it no more are sent.',
  }),
  mfaMethods: setting('LATCHKEY_MFA_METHODS', methodList, mfaMethods, {
    default: mfaMethods.join(','),
    meaning: 'What owners may choose as their second factor, strongest first.',
  }),
  mfaPolicy: setting('LATCHKEY_MFA_POLICY', choice('optional', 'required'), 'optional', {
    meaning: '`required`: everyone must set multi-factor sign-in up, and nobody may turn it off.',
  }),
  stepUpMaxAge: setting('LATCHKEY_STEP_UP_MAX_AGE', wholeNumber(0, 86_400), 900, {
    meaning:
      'Seconds after signing in during which one may change how one signs in; `0` takes any valid token.',
  }),
  accessTokenTtl: setting('LATCHKEY_ACCESS_TOKEN_TTL', wholeNumber(30, 3600), 600, {
    meaning: 'Seconds that an access token lives.',
  }),
  sessionIdle: setting('LATCHKEY_SESSION_IDLE', wholeNumber(300, 31_536_000), 14 * 86_400, {
    meaning: 'Seconds after which a session ends that was not refreshed.',
  }),
  sessionMax: setting('LATCHKEY_SESSION_MAX', wholeNumber(300, 31_536_000), 90 * 86_400, {
    meaning: 'Seconds after which every session ends.',
  }),
  passwordMinLength: setting('LATCHKEY_PASSWORD_MIN_LENGTH', wholeNumber(8, 64), 8, {
    meaning: 'Characters a new password has at least. NIST advises 15 for accounts without MFA.',
  }),
  logLevel: setting(
    'LATCHKEY_LOG_LEVEL',
    choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    { meaning: 'How much the log tells.' },
  ),
  limits: setting('LATCHKEY_LIMITS', choice('on', 'off'), 'on', {
    meaning: '`off` counts no attempts: for load tests, in development only.',
  }),
  trustProxy: setting('LATCHKEY_TRUST_PROXY', proxies, [], {
    default: '`off`',
    meaning: 'Addresses of proxies whose `X-Forwarded-For` tells where a request came from.',
  }),
  brandName: setting(
    'LATCHKEY_BRAND_NAME',
    text(/^[^\r\n<>]{1,50}$/, 'a name of up to 50 characters'),
    'Latchkey',
    {
      meaning: 'Your name, as messages and authenticator apps show it.',
    },
  ),
}

type Table = typeof table
type Read = { readonly [Key in keyof Table]: Table[Key]['fallback'] }

export interface Settings extends Read {
  readonly host: string
  readonly publicUrl: string
  readonly databaseUrl: string
  readonly audience: string
  readonly brandName: string
  /** Password hashes that run at once: one a core. */
  readonly hashesAtOnce: number
}

/** Everything that is wrong with the settings, a sentence each. */
export class UnusableSettings extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

type Environment = Record<string, string | undefined>

/**
 * Reads every setting and checks them as a whole.
 *
 * @throws UnusableSettings with everything that is wrong at once
 */
export function readSettings(environment: Environment): Settings {
  const problems: Problem[] = []
  const read = Object.fromEntries(
    Object.entries<Setting<unknown>>(table).map(([key, entry]) => {
      const { name, expected, secret } = entry
      const given = environment[name]
      if (given === undefined || given === '') return [key, entry.fallback]
      const value = entry.parse(given)
      if (value === undefined) {
        const shown = secret ? 'not usable' : `“${withoutPassword(given)}”`
        problems.push({ name, sentence: `${name} is ${shown}. It must be ${expected}.` })
      }
      return [key, value]
    }),
  ) as Read & { host: string; databaseUrl: string; brandName: string }

  const publicUrl = read.publicUrl ?? new URL(`http://localhost:${read.port ?? 4000}`).origin
  const settings: Settings = {
    ...read,
    publicUrl,
    audience: read.audience ?? publicUrl,
    hashesAtOnce: availableParallelism(),
  }
  // What can't be read at all is named already.
  const named = new Set(problems.map(({ name }) => name))
  const given = (name: Problem['name']) => Boolean(environment[name])
  problems.push(...contradictions(settings, given).filter(({ name }) => !named.has(name)))
  if (problems.length > 0) throw new UnusableSettings(problems.map(({ sentence }) => sentence))
  return settings
}

/** What is wrong, and the setting to change. */
interface Problem {
  name: Setting<unknown>['name']
  sentence: string
}

/** Some paste a whole URL where none belongs. */
function withoutPassword(given: string): string {
  return given.replace(/:\/\/[^/]*@/, '://…@')
}

function contradictions(settings: Settings, given: (name: Problem['name']) => boolean): Problem[] {
  const { smsUrl, smsFrom, sessionIdle, sessionMax, mode } = settings
  const problems: Problem[] = []
  if (given('LATCHKEY_SMTP_URL') && !given('LATCHKEY_MAIL_FROM')) {
    problems.push({
      name: 'LATCHKEY_MAIL_FROM',
      sentence: 'LATCHKEY_MAIL_FROM is missing. With LATCHKEY_SMTP_URL, mail needs a sender.',
    })
  }
  const smsProblem = smsUrl && smsFromProblem(smsUrl, smsFrom)
  if (smsProblem) problems.push({ name: 'LATCHKEY_SMS_FROM', sentence: smsProblem })
  if (sessionIdle > sessionMax) {
    problems.push({
      name: 'LATCHKEY_SESSION_IDLE',
      sentence: 'LATCHKEY_SESSION_IDLE is longer than LATCHKEY_SESSION_MAX. It must not be.',
    })
  }
  if (mode === 'production') problems.push(...unsafe(settings))
  return problems
}

/** What may not be in production. */
function unsafe(settings: Settings): Problem[] {
  const problems: Problem[] = []
  if (!settings.publicUrl.startsWith('https://')) {
    problems.push({
      name: 'LATCHKEY_PUBLIC_URL',
      sentence: `LATCHKEY_PUBLIC_URL is “${settings.publicUrl}”. In production it must begin with https://.`,
    })
  }
  if (!settings.encryptionKeys) {
    problems.push({
      name: 'LATCHKEY_ENCRYPTION_KEYS',
      sentence:
        'LATCHKEY_ENCRYPTION_KEYS is missing. In production, give a key of your own: id:base64 of 32 random bytes, for example from `echo "k1:$(openssl rand -base64 32)"`.',
    })
  }
  if (!settings.smtpUrl) {
    problems.push({
      name: 'LATCHKEY_SMTP_URL',
      sentence:
        'LATCHKEY_SMTP_URL is missing. In production, signing up and telling owners what happens to their accounts need a mail server.',
    })
  }
  if (settings.mfaMethods?.includes('sms') && !settings.smsUrl) {
    problems.push({
      name: 'LATCHKEY_SMS_URL',
      sentence:
        'LATCHKEY_SMS_URL is missing. Give one, or leave sms out: LATCHKEY_MFA_METHODS=authenticator,email.',
    })
  }
  if (settings.limits === 'off') {
    problems.push({
      name: 'LATCHKEY_LIMITS',
      sentence: 'LATCHKEY_LIMITS is “off”. In production it must be on.',
    })
  }
  return problems
}

/** Names that look like settings and are none: most likely a slip. */
export function unknownSettings(environment: Environment): string[] {
  const known = new Set<string>(Object.values(table).map((entry) => entry.name))
  return Object.keys(environment).filter((name) => name.startsWith('LATCHKEY_') && !known.has(name))
}

/** One setting, described; `value` as given, undefined where the default holds, and never a secret. */
export interface DescribedSetting {
  name: string
  default: string
  expected: string
  meaning: string
  value: string | undefined
}

export function describeSettings(environment: Environment = {}): DescribedSetting[] {
  return Object.values<Setting<unknown>>(table).map((entry) => {
    const given = environment[entry.name] || undefined
    return {
      name: entry.name,
      default: entry.default,
      expected: entry.expected,
      meaning: entry.meaning,
      value: given && (entry.secret ? '(hidden)' : withoutPassword(given)),
    }
  })
}
