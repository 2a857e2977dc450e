import { parseEmailAddress } from '../lib/email-address.ts'
import { isLoopback } from '../lib/loopback.ts'

/** The problem of a LATCHKEY_SMTP_URL, as a sentence without the value; undefined if valid. */
export function validateSmtpUrl(url: string): string | undefined {
  const server = parseSmtpUrl(url)
  return 'problem' in server ? server.problem : undefined
}

/** The problem of a LATCHKEY_MAIL_FROM, as a sentence; undefined if valid. */
export function validateMailFrom(from: string): string | undefined {
  const sender = parseMailFrom(from)
  return 'problem' in sender ? sender.problem : undefined
}

interface InvalidSetting {
  problem: string
}

/** The server of a LATCHKEY_SMTP_URL. */
export interface SmtpServer {
  host: string
  port: number
  secure: boolean
  requireTLS: boolean
  ignoreTLS: boolean
  auth?: { user: string; pass: string }
}

/**
 * Parses a LATCHKEY_SMTP_URL. nodemailer never sees the URL: it would accept any of its options from
 * the query, including one that trusts every certificate.
 */
export function parseSmtpUrl(rawUrl: string): SmtpServer | InvalidSetting {
  const url = URL.parse(rawUrl)
  if (!url || !/^smtps?:\/\//i.test(rawUrl)) {
    return invalidUrl(
      'must look like smtp://user:password@host:587 or smtps://user:password@host:465',
    )
  }
  if (!/^([a-z0-9.-]+|\[[0-9a-f:.]+\])$/i.test(url.hostname))
    return invalidUrl('must contain a host')
  if (!['', '/'].includes(url.pathname) || url.hash) {
    return invalidUrl('must end after host and port; write # and / in a password as %23 and %2F')
  }

  const auth = parseCredentials(url)
  if (auth && 'problem' in auth) return auth

  const secure = url.protocol === 'smtps:'
  const port = Number(url.port) || (secure ? 465 : 587)
  if (!secure && port === 465) {
    return invalidUrl('must begin with smtps:// for port 465, which uses implicit TLS')
  }

  const tls = url.search === '' ? (isLoopback(url.hostname) ? 'off' : 'on') : url.search.slice(5)
  if (url.search !== '' && (secure || !/^\?tls=(on|off)$/.test(url.search))) {
    return invalidUrl('may only have the option ?tls=on or ?tls=off, and only with smtp://')
  }

  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    secure,
    requireTLS: !secure && tls === 'on',
    // Ignored even if offered: a local server rarely has a certificate that can be verified.
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
    return invalidUrl('has a % in its user or password; write it as %25')
  }
}

function invalidUrl(problem: string): InvalidSetting {
  return { problem: `LATCHKEY_SMTP_URL ${problem}.` }
}

/** Parses the sender of emails into name and address, so that no part of a name becomes an address. */
export function parseMailFrom(rawFrom: string): { name: string; address: string } | InvalidSetting {
  const [, quoted, plain, inBrackets] =
    /^\s*(?:"([^"<>\p{C}]*)"|([^"<>\p{C}]*?))\s*<([^<>]+)>\s*$/u.exec(rawFrom) ?? []
  const address = inBrackets ?? rawFrom.trim()
  // A sender’s domain may lack a dot, as with mail servers for testing.
  if (!parseEmailAddress(address) && !parseEmailAddress(`${address}.invalid`)) {
    return {
      problem:
        'LATCHKEY_MAIL_FROM must be one address: “name@example.com” or “Name <name@example.com>”.',
    }
  }
  return { name: quoted ?? plain ?? '', address: parseEmailAddress(address)?.address ?? address }
}
