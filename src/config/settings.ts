import { validateEncryptionKeys } from './encryption-key-list.ts'
import {
  choice,
  color,
  databaseUrl,
  defineSetting,
  imagePath,
  ipRanges,
  origin,
  origins,
  type SettingType,
  text,
  validated,
  wholeNumber,
} from './setting.ts'
import { validateSmsUrl } from './sms-url.ts'
import { validateMailFrom, validateSmtpUrl } from './smtp-url.ts'
import { validateWebhookUrl } from './webhook-url.ts'

/** Methods that owners may choose from, in the order they are ranked by default. */
export const mfaMethods = ['passkey', 'authenticator', 'sms', 'email'] as const
export type MfaMethod = (typeof mfaMethods)[number]

const mfaMethodList: SettingType<readonly MfaMethod[]> = {
  expected: `one or more of ${mfaMethods.join(', ')}, separated by commas, each once`,
  parse(input) {
    const names = input.split(',').map((name) => name.trim())
    const known = names.filter((name): name is MfaMethod => mfaMethods.some((m) => m === name))
    return known.length === names.length && new Set(names).size === names.length ? known : undefined
  },
}

/** Every setting: its name, what it takes, its default and its meaning. */
export const settingDefinitions = {
  mode: defineSetting('LATCHKEY_MODE', choice('development', 'production'), 'development', {
    description:
      '`production` refuses to start with anything that is for development only: a dev inbox, generated keys, an http address, limits off.',
  }),
  host: defineSetting(
    'LATCHKEY_HOST',
    text(/^[A-Za-z0-9.:-]+$/, 'an address of this machine'),
    '127.0.0.1',
    {
      description: 'The address it listens on; `0.0.0.0` or `::` is every one.',
    },
  ),
  port: defineSetting('LATCHKEY_PORT', wholeNumber(1, 65535), 4000, {
    description: 'The port it listens on.',
  }),
  publicUrl: defineSetting('LATCHKEY_PUBLIC_URL', origin, undefined, {
    default: '`http://localhost:<port>`',
    description:
      'Where people and programs reach it: the issuer of tokens and the base of links in messages. Never taken from a request.',
  }),
  databaseUrl: defineSetting(
    'LATCHKEY_DATABASE_URL',
    databaseUrl,
    'sqlite:./data/latchkey.sqlite',
    {
      description: 'Where everything is kept: one SQLite file, or PostgreSQL.',
      secret: true,
    },
  ),
  migrate: defineSetting('LATCHKEY_MIGRATE', choice('on', 'off'), 'on', {
    description: '`off` leaves migrations to `latchkey migrate`, instead of running them at start.',
  }),
  allowNewerSchema: defineSetting('LATCHKEY_ALLOW_NEWER_SCHEMA', choice('off', 'on'), 'off', {
    description:
      '`on` has this version serve a database that a newer one has brought up to date, to go back to it for a while. What the newer one added is not looked at.',
  }),
  encryptionKeys: defineSetting(
    'LATCHKEY_ENCRYPTION_KEYS',
    validated(validateEncryptionKeys, 'keys as id:base64 of 32 bytes, separated by commas'),
    undefined,
    {
      default: 'in development made at first start, kept in `data/encryption-keys`',
      description:
        'What secrets in the database are encrypted with. The first key encrypts, all decrypt. Losing them loses every authenticator app.',
      secret: true,
    },
  ),
  audience: defineSetting('LATCHKEY_AUDIENCE', text(/^\S+$/, 'a name without spaces'), undefined, {
    default: 'the public URL',
    description: 'The `aud` of access tokens: what your backends check for.',
  }),
  smtpUrl: defineSetting(
    'LATCHKEY_SMTP_URL',
    validated(validateSmtpUrl, 'smtp://user:password@host:587 or smtps://user:password@host:465'),
    undefined,
    {
      default: 'none: in development, mail stays in the dev inbox',
      description: 'The mail server that takes our mail.',
      secret: true,
    },
  ),
  mailFrom: defineSetting(
    'LATCHKEY_MAIL_FROM',
    validated(validateMailFrom, 'an address, or `Name <address>`'),
    undefined,
    {
      default: 'none',
      description: 'The sender of our mail, such as `Example <no-reply@example.com>`.',
    },
  ),
  smsUrl: defineSetting(
    'LATCHKEY_SMS_URL',
    validated(
      validateSmsUrl,
      'twilio://SID:TOKEN@api.twilio.com, kannel+http://user:password@host:port/cgi-bin/sendsms, or https://… with ?secret=',
    ),
    undefined,
    {
      default: 'none: in development, texts stay in the dev inbox',
      description:
        'What sends our texts: Twilio, Kannel, or a program of yours that takes a signed JSON POST.',
      secret: true,
    },
  ),
  smsFrom: defineSetting(
    'LATCHKEY_SMS_FROM',
    text(/^\+?[A-Za-z0-9 ]{1,40}$/, 'a number or a name'),
    undefined,
    {
      default: 'none',
      description: 'The sender of our texts: a number, a name, or a Twilio messaging service.',
    },
  ),
  smsDailyCap: defineSetting('LATCHKEY_SMS_DAILY_CAP', wholeNumber(0, 10_000_000), 1000, {
    description: 'Texts in 24 hours, over the whole service. Past it no more are sent.',
  }),
  webhookUrl: defineSetting(
    'LATCHKEY_WEBHOOK_URL',
    validated(validateWebhookUrl, 'https://host/path?secret=whsec_… with 24 to 64 bytes in base64'),
    undefined,
    {
      default: 'none',
      description:
        'A program of yours that is told, by signed POSTs, all that happens to accounts.',
      secret: true,
    },
  ),
  mfaMethods: defineSetting('LATCHKEY_MFA_METHODS', mfaMethodList, mfaMethods, {
    default: mfaMethods.join(','),
    description:
      'What owners may choose as their second factor, strongest first. A passkey signs in alone also where it is left out.',
  }),
  mfaPolicy: defineSetting('LATCHKEY_MFA_POLICY', choice('optional', 'required'), 'optional', {
    description:
      '`required`: everyone must set multi-factor sign-in up, and nobody may turn it off.',
  }),
  stepUpMaxAge: defineSetting('LATCHKEY_STEP_UP_MAX_AGE', wholeNumber(0, 86_400), 900, {
    description:
      'Seconds after signing in during which one may change how one signs in; `0` takes any valid token.',
  }),
  accessTokenTtl: defineSetting('LATCHKEY_ACCESS_TOKEN_TTL', wholeNumber(30, 3600), 600, {
    description: 'Seconds that an access token lives.',
  }),
  sessionIdleTimeout: defineSetting(
    'LATCHKEY_SESSION_IDLE_TIMEOUT',
    wholeNumber(300, 31_536_000),
    14 * 86_400,
    {
      description: 'Seconds after which a session ends that was not refreshed.',
    },
  ),
  sessionLifetime: defineSetting(
    'LATCHKEY_SESSION_LIFETIME',
    wholeNumber(300, 31_536_000),
    90 * 86_400,
    {
      description: 'Seconds after which every session ends.',
    },
  ),
  allowedOrigins: defineSetting('LATCHKEY_ALLOWED_ORIGINS', origins, [], {
    default: '`none`',
    description:
      'Origins of your own pages, besides ours, that browsers let call the API, and that people may be sent back to after signing in. In production they begin with `https://`.',
  }),
  passwordMinLength: defineSetting('LATCHKEY_PASSWORD_MIN_LENGTH', wholeNumber(8, 64), 8, {
    description:
      'Characters a new password has at least. NIST advises 15 for accounts without MFA.',
  }),
  shutdownDelay: defineSetting<number | undefined>(
    'LATCHKEY_SHUTDOWN_DELAY',
    wholeNumber(0, 60),
    undefined,
    {
      default: '2 in production, 0 in development',
      description:
        'Seconds that it goes on taking requests after it was told to stop, while `/health/ready` says no already: time for load balancers to notice.',
    },
  ),
  logLevel: defineSetting(
    'LATCHKEY_LOG_LEVEL',
    choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    { description: 'How much the log tells.' },
  ),
  metricsToken: defineSetting(
    'LATCHKEY_METRICS_TOKEN',
    text(/^[A-Za-z0-9._~+/-]{16,512}=*$/, '16 or more letters and digits, without spaces'),
    undefined,
    {
      default: 'none',
      description:
        'What `GET /metrics` must bring as Bearer token. With neither this nor a port, production has no metrics; development shows them to its own machine.',
      secret: true,
    },
  ),
  metricsPort: defineSetting<number | undefined>(
    'LATCHKEY_METRICS_PORT',
    wholeNumber(1, 65535),
    undefined,
    {
      default: 'none',
      description:
        'A port of its own for `GET /metrics`. Keep it from strangers: there nothing is asked for, unless there is a token.',
    },
  ),
  rateLimits: defineSetting('LATCHKEY_RATE_LIMITS', choice('on', 'off'), 'on', {
    description: '`off` counts no attempts: for load tests, in development only.',
  }),
  trustProxy: defineSetting('LATCHKEY_TRUST_PROXY', ipRanges, [], {
    default: '`off`',
    description: 'Addresses of proxies whose `X-Forwarded-For` tells where a request came from.',
  }),
  brandName: defineSetting(
    'LATCHKEY_BRAND_NAME',
    text(/^[^\p{C}<>]{1,50}$/u, 'a name of up to 50 characters'),
    'Latchkey',
    {
      description: 'Your name, as pages, messages and authenticator apps show it.',
    },
  ),
  brandLogo: defineSetting('LATCHKEY_BRAND_LOGO', imagePath, undefined, {
    default: 'none: a key',
    description: 'A file with your logo, as pages and messages show it.',
  }),
  brandColor: defineSetting('LATCHKEY_BRAND_COLOR', color, '#17603c', {
    description: 'Your colour, as buttons and links of pages and messages have it.',
  }),
}

type SettingDefinitions = typeof settingDefinitions
/** As they are given, or else their defaults. */
export type ParsedSettings = {
  readonly [Key in keyof SettingDefinitions]: SettingDefinitions[Key]['defaultValue']
}

export interface Settings extends ParsedSettings {
  readonly host: string
  readonly publicUrl: string
  readonly databaseUrl: string
  readonly audience: string
  readonly shutdownDelay: number
  readonly brandName: string
  readonly brandColor: string
  /** Password hashes that run at once: one a core. */
  readonly hashConcurrency: number
  /** Whoever would wait for longer than this is told to come back: they would have given up. */
  readonly maxHashWaitMs: number
}
