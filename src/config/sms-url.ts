import { isLoopback } from '../lib/loopback.ts'

/** The SMS provider of a LATCHKEY_SMS_URL and how to reach it. */
export type SmsTarget =
  | { provider: 'twilio'; messagesUrl: URL; user: string; password: string }
  | { provider: 'kannel'; url: URL; user: string; password: string }
  | { provider: 'signedPost'; url: URL; secret: string }

interface InvalidUrl {
  problem: string
}

const parsers = new Map<string, (rawUrl: string) => SmsTarget | InvalidUrl>([
  ['twilio', parseTwilioUrl],
  ['kannel+http', parseKannelUrl],
  ['kannel+https', parseKannelUrl],
  ['https', parseSignedPostUrl],
  ['http', parseSignedPostUrl],
])

/** Parses a LATCHKEY_SMS_URL. @returns the target, or the problem as a sentence without the value */
export function parseSmsUrl(url: string): SmsTarget | InvalidUrl {
  const target = parserOf(url)?.(url) ?? {
    problem: `must begin with ${[...parsers.keys()].join('://, ')}://`,
  }
  return 'problem' in target ? { problem: `LATCHKEY_SMS_URL ${target.problem}.` } : target
}

/** The problem of a LATCHKEY_SMS_URL, as a sentence without the value; undefined if valid. */
export function validateSmsUrl(url: string): string | undefined {
  const target = parseSmsUrl(url)
  return 'problem' in target ? target.problem : undefined
}

/** The problem of a LATCHKEY_SMS_FROM for the provider of `url`, as a sentence; undefined if valid. */
export function validateSmsFrom(url: string, from: string | undefined): string | undefined {
  if (from || parserOf(url) !== parseTwilioUrl) return undefined
  return 'LATCHKEY_SMS_FROM is missing. Twilio requires a number or name of yours, or a messaging service (MG…).'
}

function parserOf(url: string) {
  return parsers.get(/^([a-z+]+):\/\//i.exec(url)?.[1]?.toLowerCase() ?? '')
}

/** `twilio://SID:TOKEN@api.twilio.com` */
function parseTwilioUrl(rawUrl: string): SmsTarget | InvalidUrl {
  const url = URL.parse(rawUrl)
  const account = url && credentialsOf(url)
  // The SID becomes part of a path.
  if (!account || !/^[A-Za-z0-9]+$/.test(account.user) || !URL.canParse(`https://${url.host}`)) {
    return { problem: 'must look like twilio://SID:TOKEN@api.twilio.com' }
  }
  if (!['', '/'].includes(url.pathname) || url.search || url.hash) {
    return { problem: 'must end after the host' }
  }
  // Unencrypted to this machine only, for a test double of Twilio without a certificate.
  const origin = `${isLoopback(url.hostname) ? 'http' : 'https'}://${url.host}`
  const messagesUrl = new URL(`${origin}/2010-04-01/Accounts/${account.user}/Messages.json`)
  return { provider: 'twilio', messagesUrl, ...account }
}

/** `kannel+http://user:password@host:port/cgi-bin/sendsms` */
function parseKannelUrl(rawUrl: string): SmsTarget | InvalidUrl {
  const url = URL.parse(rawUrl.slice('kannel+'.length))
  const account = url && credentialsOf(url)
  if (!account || url.hash) {
    return { problem: 'must look like kannel+http://user:password@host:port/cgi-bin/sendsms' }
  }
  // Credentials are sent as parameters; `fetch` refuses a URL that still has them.
  url.username = ''
  url.password = ''
  if (url.pathname === '/') url.pathname = '/cgi-bin/sendsms'
  return { provider: 'kannel', url, ...account }
}

/** `https://…?secret=…` or `http://…?secret=…`; the secret signs every request and is never sent. */
function parseSignedPostUrl(rawUrl: string): SmsTarget | InvalidUrl {
  const url = URL.parse(rawUrl)
  if (!url) return { problem: 'is not a URL' }
  if (url.username || url.password) {
    return { problem: 'must not contain a user and password; the signature authenticates us' }
  }
  const secrets = url.searchParams.getAll('secret')
  const secret = secrets[0]
  if (!secret || secrets.length > 1) {
    return { problem: 'must contain one ?secret=, which signs every text' }
  }
  // A + in a query is a space: the two sides would sign with different secrets.
  if (/\s/.test(secret)) {
    return { problem: 'has a space or a + in its secret; write + as %2B' }
  }
  url.searchParams.delete('secret')
  url.hash = ''
  return { provider: 'signedPost', url, secret }
}

/** User and password of a URL; undefined if one is missing or wrongly percent-encoded. */
function credentialsOf(url: URL): { user: string; password: string } | undefined {
  try {
    const user = decodeURIComponent(url.username)
    const password = decodeURIComponent(url.password)
    return user && password ? { user, password } : undefined
  } catch {
    return undefined
  }
}
