import type { HashCost } from '../lib/password-hasher.ts'
import { validateEncryptionKeys } from './encryption-key-list.ts'
import { profileAttributes } from './profile-attributes.ts'
import {
  choice,
  color,
  databaseUrl,
  defineSetting,
  hosts,
  imagePath,
  ipRanges,
  origin,
  origins,
  type SettingType,
  text,
  validated,
  wholeNumber,
} from './setting.ts'
import { signUpPolicy } from './sign-up-policy.ts'
import { validateSmsUrl } from './sms-url.ts'
import { validateMailFrom, validateSmtpUrl } from './smtp-url.ts'
import { validateWebhookUrl } from './webhook-url.ts'

/** The MFA methods that owners can choose from, in their default order. */
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

/** Every setting: name, type, default and description. */
export const settingDefinitions = {
  mode: defineSetting('LATCHKEY_MODE', choice('development', 'production'), 'development', {
    description:
      '`production` refuses to start with anything meant for development only: a dev inbox, generated keys, an http URL, rate limits off.',
  }),
  host: defineSetting(
    'LATCHKEY_HOST',
    text(/^[A-Za-z0-9.:-]+$/, 'an address of this machine'),
    '127.0.0.1',
    {
      description: 'The address to listen on; `0.0.0.0` or `::` for all.',
    },
  ),
  port: defineSetting('LATCHKEY_PORT', wholeNumber(1, 65535), 4000, {
    description: 'The port to listen on.',
  }),
  publicUrl: defineSetting('LATCHKEY_PUBLIC_URL', origin, undefined, {
    default: '`http://localhost:<port>`',
    description:
      'The URL at which people and programs reach the service: the issuer of tokens and the base of links in messages. Never derived from a request.',
  }),
  databaseUrl: defineSetting(
    'LATCHKEY_DATABASE_URL',
    databaseUrl,
    'sqlite:./data/latchkey.sqlite',
    {
      description: 'The database: a SQLite file or PostgreSQL.',
      secret: true,
    },
  ),
  databaseStatements: defineSetting(
    'LATCHKEY_DATABASE_STATEMENTS',
    choice('named', 'unnamed'),
    'named',
    {
      description:
        '`unnamed` for PostgreSQL behind PgBouncer before 1.21 in transaction mode, which does not support prepared statements.',
    },
  ),
  migrate: defineSetting('LATCHKEY_MIGRATE', choice('on', 'off'), 'on', {
    description: '`off` does not run migrations at start: run `latchkey migrate` instead.',
  }),
  allowNewerSchema: defineSetting('LATCHKEY_ALLOW_NEWER_SCHEMA', choice('off', 'on'), 'off', {
    description:
      '`on` lets this version run on the schema of a newer one, for a temporary rollback. It ignores what the newer version added.',
  }),
  encryptionKeys: defineSetting(
    'LATCHKEY_ENCRYPTION_KEYS',
    validated(validateEncryptionKeys, 'keys as id:base64 of 32 bytes, separated by commas'),
    undefined,
    {
      default: 'in development, generated at first start in `data/encryption-keys`',
      description:
        'The keys that encrypt secrets in the database. The first key encrypts, all decrypt. Without them, every authenticator app must be set up again.',
      secret: true,
    },
  ),
  audience: defineSetting('LATCHKEY_AUDIENCE', text(/^\S+$/, 'a name without spaces'), undefined, {
    default: 'the public URL',
    description: 'The `aud` claim of access tokens, which your backends check.',
  }),
  smtpUrl: defineSetting(
    'LATCHKEY_SMTP_URL',
    validated(validateSmtpUrl, 'smtp://user:password@host:587 or smtps://user:password@host:465'),
    undefined,
    {
      default: 'none: in development, mail stays in the dev inbox',
      description: 'The SMTP server for outgoing mail.',
      secret: true,
    },
  ),
  mailFrom: defineSetting(
    'LATCHKEY_MAIL_FROM',
    validated(validateMailFrom, 'an address, or `Name <address>`'),
    undefined,
    {
      default: 'none',
      description: 'The sender of mail, such as `Example <no-reply@example.com>`.',
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
      default: 'none: in development, the dev inbox captures text messages',
      description: 'The SMS provider: Twilio, Kannel, or your own endpoint for a signed JSON POST.',
      secret: true,
    },
  ),
  smsFrom: defineSetting(
    'LATCHKEY_SMS_FROM',
    text(/^\+?[A-Za-z0-9 ]{1,40}$/, 'a number or a name'),
    undefined,
    {
      default: 'none',
      description: 'The sender of text messages: a number, a name or a Twilio messaging service.',
    },
  ),
  smsDailyCap: defineSetting('LATCHKEY_SMS_DAILY_CAP', wholeNumber(0, 10_000_000), 1000, {
    description:
      'The maximum number of text messages in 24 hours, over all nodes. Numbers that are not yet verified get at most half of it, rounded up.',
  }),
  webhookUrl: defineSetting(
    'LATCHKEY_WEBHOOK_URL',
    validated(validateWebhookUrl, 'https://host/path?secret=whsec_… with 24 to 64 bytes in base64'),
    undefined,
    {
      default: 'none',
      description: 'Your endpoint that receives all account events as signed POSTs.',
      secret: true,
    },
  ),
  signUp: defineSetting('LATCHKEY_SIGN_UP', signUpPolicy, undefined, {
    default: '`open`',
    description:
      'Decides who may create an account: anybody (`open`), people with an email address of one of the `domains`, subdomains excluded, or nobody without an `invitation`. Operators can invite any address in each case.',
  }),
  logoutHttpHosts: defineSetting('LATCHKEY_LOGOUT_HTTP_HOSTS', hosts, [], {
    default: '`none`',
    description:
      'Hosts in your own network whose applications may learn over plain `http://` that a session has ended. Elsewhere, production requires `https://`.',
  }),
  mfaMethods: defineSetting('LATCHKEY_MFA_METHODS', mfaMethodList, mfaMethods, {
    default: mfaMethods.join(','),
    description:
      'The second factors that owners can choose from, strongest first. Passkey sign-in works even without `passkey` in the list.',
  }),
  mfaPolicy: defineSetting('LATCHKEY_MFA_POLICY', choice('optional', 'required'), 'optional', {
    description:
      '`required`: everyone must set up multi-factor sign-in, and nobody can turn it off.',
  }),
  stepUpMaxAge: defineSetting('LATCHKEY_STEP_UP_MAX_AGE', wholeNumber(0, 86_400), 900, {
    description:
      'Seconds after sign-in during which owners can change how they sign in; `0` accepts a sign-in of any age. It must still be strong enough.',
  }),
  accessTokenTtl: defineSetting('LATCHKEY_ACCESS_TOKEN_TTL', wholeNumber(30, 3600), 600, {
    description: 'The lifetime of access tokens, in seconds.',
  }),
  sessionIdleTimeout: defineSetting(
    'LATCHKEY_SESSION_IDLE_TIMEOUT',
    wholeNumber(300, 31_536_000),
    14 * 86_400,
    {
      description: 'Seconds without a refresh after which a session ends.',
    },
  ),
  sessionLifetime: defineSetting(
    'LATCHKEY_SESSION_LIFETIME',
    wholeNumber(300, 31_536_000),
    90 * 86_400,
    {
      description: 'Seconds after sign-in at which a session ends in any case.',
    },
  ),
  allowedOrigins: defineSetting('LATCHKEY_ALLOWED_ORIGINS', origins, [], {
    default: '`none`',
    description:
      'Origins of your own pages that may call the API from a browser and to which people can return after signing in. In production they must begin with `https://`.',
  }),
  passwordMinLength: defineSetting('LATCHKEY_PASSWORD_MIN_LENGTH', wholeNumber(8, 64), 8, {
    description:
      'The minimum length of new passwords, in characters. NIST advises 15 for accounts without MFA.',
  }),
  profileAttributes: defineSetting('LATCHKEY_PROFILE_ATTRIBUTES', profileAttributes, [], {
    default: '`none`',
    description:
      'Attributes of every account besides name, username and picture, as a JSON list: `[{"name": "department", "type": "string", "editableBy": "operator", "label": {"en": "Department", "de": "Abteilung"}}]`. `type` is `string`, `number` or `boolean`; `editableBy` is `owner` or `operator`. Applications may read them. In a file `.env`, put the list between single quotes.',
  }),
  shutdownDelay: defineSetting<number | undefined>(
    'LATCHKEY_SHUTDOWN_DELAY',
    wholeNumber(0, 60),
    undefined,
    {
      default: '2 in production, 0 in development',
      description:
        'Seconds for which a stopping node still accepts requests while `/health/ready` already fails, so that load balancers notice.',
    },
  ),
  logLevel: defineSetting(
    'LATCHKEY_LOG_LEVEL',
    choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    { description: 'The least severe level that is logged.' },
  ),
  metricsToken: defineSetting(
    'LATCHKEY_METRICS_TOKEN',
    text(/^[A-Za-z0-9._~+/-]{16,512}=*$/, '16 or more letters and digits, without spaces'),
    undefined,
    {
      default: 'none',
      description:
        'The Bearer token that `GET /metrics` requires. With neither a token nor a port, production serves no metrics; development serves them to its own machine.',
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
        'A separate port for `GET /metrics`. Restrict access to it: without a token it requires no authentication.',
    },
  ),
  rateLimits: defineSetting('LATCHKEY_RATE_LIMITS', choice('on', 'off'), 'on', {
    description: '`off` disables rate limits: for load tests, in development only.',
  }),
  trustProxy: defineSetting('LATCHKEY_TRUST_PROXY', ipRanges, undefined, {
    default: '`off` in development; required in production',
    description:
      'Addresses of proxies whose `X-Forwarded-For` header is trusted for the client’s address. `off` where clients connect directly.',
  }),
  brandName: defineSetting(
    'LATCHKEY_BRAND_NAME',
    text(/^[^\p{C}<>]{1,50}$/u, 'a name of up to 50 characters'),
    'Latchkey',
    {
      description: 'The name shown on pages, in messages and in authenticator apps.',
    },
  ),
  brandLogo: defineSetting('LATCHKEY_BRAND_LOGO', imagePath, undefined, {
    default: 'none: a key symbol',
    description: 'The logo shown on pages and in messages.',
  }),
  brandColor: defineSetting('LATCHKEY_BRAND_COLOR', color, '#17603c', {
    description: 'The colour of buttons and links on pages and in messages.',
  }),
}

type SettingDefinitions = typeof settingDefinitions
/** The parsed settings, with defaults applied. */
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
  /** Password hashes in flight: one per core, and one that waits for the first thread that is free. */
  readonly hashConcurrency: number
  /** Longest expected wait for a password hash; beyond it, requests are rejected with 503. */
  readonly maxHashWaitMs: number
  /** The cost of a password hash; lower in tests of anything else. */
  readonly hashCost: HashCost
}
