import { parseEmailAddress } from '../lib/email-address.ts'
import { isLoopback } from '../lib/loopback.ts'

/** Why a LATCHKEY_SMTP_URL is invalid, in a sentence that repeats nothing of it; or undefined. */
export function validateSmtpUrl(url: string): string | undefined {
  const server = parseSmtpUrl(url)
  return 'problem' in server ? server.problem : undefined
}

/** Why a LATCHKEY_MAIL_FROM is invalid, in a sentence; or undefined. */
export function validateMailFrom(from: string): string | undefined {
  const sender = parseMailFrom(from)
  return 'problem' in sender ? sender.problem : undefined
}

interface InvalidSetting {
  problem: string
}

/** The server that a LATCHKEY_SMTP_URL names. */
export interface SmtpServer {
  host: string
  port: number
  secure: boolean
  requireTLS: boolean
  ignoreTLS: boolean
  auth?: { user: string; pass: string }
}

/**
 * The server a URL names. Read here and not by nodemailer, which would take any option of its
 * own from the query, down to one that trusts every certificate.
 */
export function parseSmtpUrl(rawUrl: string): SmtpServer | InvalidSetting {
  const url = URL.parse(rawUrl)
  if (!url || !/^smtps?:\/\//i.test(rawUrl)) {
    return invalidUrl(
      'must look like smtp://user:password@host:587 or smtps://user:password@host:465',
    )
  }
  if (!/^([a-z0-9.-]+|\[[0-9a-f:.]+\])$/i.test(url.hostname)) return invalidUrl('must name a host')
  if (!['', '/'].includes(url.pathname) || url.hash) {
    return invalidUrl(
      'must end after the host and port; # and / in a password are written %23 and %2F',
    )
  }

  const auth = parseCredentials(url)
  if (auth && 'problem' in auth) return auth

  const secure = url.protocol === 'smtps:'
  const port = Number(url.port) || (secure ? 465 : 587)
  if (!secure && port === 465) {
    return invalidUrl('must begin with smtps:// for port 465, where TLS comes first')
  }

  const tls = url.search === '' ? (isLoopback(url.hostname) ? 'off' : 'on') : url.search.slice(5)
  if (url.search !== '' && (secure || !/^\?tls=(on|off)$/.test(url.search))) {
    return invalidUrl('can carry ?tls=on or ?tls=off after smtp://, and nothing else')
  }

  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    secure,
    requireTLS: !secure && tls === 'on',
    // Not taken even if offered: a local server's certificate is seldom one that can be checked.
    ignoreTLS: !secure && tls === 'off',
    ...(auth ? { auth } : {}),
  }
}

function parseCredentials(url: URL): { user: string; pass: string } | InvalidSetting | undefined {
  if (!url.username && !url.password) return undefined
  if (!url.username || !url.password)
    return invalidUrl('must have both a user and a password, or neither')
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }
  } catch {
    return invalidUrl('has a % in its user or password that must be written %25')
  }
}

function invalidUrl(what: string): InvalidSetting {
  return { problem: `LATCHKEY_SMTP_URL ${what}.` }
}

/** Who emails come from. Taken apart here, so that nothing in a name can become an address. */
export function parseMailFrom(rawFrom: string): { name: string; address: string } | InvalidSetting {
  const [, quoted, plain, inBrackets] =
    /^\s*(?:"([^"<>\p{C}]*)"|([^"<>\p{C}]*?))\s*<([^<>]+)>\s*$/u.exec(rawFrom) ?? []
  const address = inBrackets ?? rawFrom.trim()
  // A name without dots is no place to write to, but a mail trap's user may well write from it.
  if (!parseEmailAddress(address) && !parseEmailAddress(`${address}.invalid`)) {
    return {
      problem:
        'LATCHKEY_MAIL_FROM must be one address, as “name@example.com” or “Name <name@example.com>”.',
    }
  }
  return { name: quoted ?? plain ?? '', address: parseEmailAddress(address)?.address ?? address }
}
