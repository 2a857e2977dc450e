import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { requireWorking } from './tool.ts'

/** An email as the server received it. */
export interface ReceivedMail {
  /** Whether it came over TLS. */
  secure: boolean
  /** The authenticated user. */
  user: string | undefined
  connection: string
  from: string
  to: string[]
  raw: string
}

/** The command that the server rejects, and its reply. */
export interface SmtpRefusal {
  to: 'MAIL FROM' | 'RCPT TO' | 'DATA'
  code: number
  text: string
}

export interface TestSmtpServer {
  port: number
  received: ReceivedMail[]
  /** Every recipient of RCPT TO, accepted or not. */
  recipients: string[]
  /** Every password of AUTH, right or wrong. */
  passwords: (string | undefined)[]
  refusal: SmtpRefusal | undefined
}

/**
 * Starts a real SMTP server for one test, on 127.0.0.1.
 *
 * @param options.tls offers TLS, from the start of the connection or by STARTTLS
 * @param options.password requires authentication with this password
 */
export async function startSmtpServer(
  t: TestContext,
  options: {
    tls?: { certificate: Certificate; at: 'once' | 'STARTTLS' }
    password?: string
  } = {},
): Promise<TestSmtpServer> {
  const { tls, password } = options
  const smtp: TestSmtpServer = {
    port: 0,
    received: [],
    recipients: [],
    passwords: [],
    refusal: undefined,
  }

  const server = new SMTPServer({
    ...tls?.certificate,
    secure: tls?.at === 'once',
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(password ? [] : ['AUTH'])],
    authOptional: password === undefined,
    // The client decides what it sends in clear text, and the tests check it.
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,

    onAuth(auth, _session, done) {
      smtp.passwords.push(auth.password ?? undefined)
      if (auth.password === password) done(null, { user: auth.username })
      else done(smtpError(535, `5.7.8 ${auth.username} ${auth.password} is not right`))
    },
    onMailFrom: (_address, _session, done) => done(refusalOf(smtp, 'MAIL FROM')),
    onRcptTo({ address }, _session, done) {
      smtp.recipients.push(address)
      done(refusalOf(smtp, 'RCPT TO'))
    },
    onData(stream, session, done) {
      text(stream).then((raw) => {
        const { mailFrom, rcptTo } = session.envelope
        const refusal = refusalOf(smtp, 'DATA')
        if (!refusal) {
          smtp.received.push({
            secure: session.secure,
            user: session.user,
            connection: session.id,
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            raw,
          })
        }
        done(refusal)
      }, done)
    },
  })
  // A client that rejects the certificate is an error here.
  server.on('error', () => {})

  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  smtp.port = (listening.address() as AddressInfo).port
  t.after(() => new Promise<void>((closed) => server.close(closed)))
  return smtp
}

function refusalOf({ refusal }: TestSmtpServer, to: SmtpRefusal['to']): Error | null {
  return refusal?.to === to ? smtpError(refusal.code, refusal.text) : null
}

function smtpError(responseCode: number, reply: string): Error {
  return Object.assign(new Error(reply), { responseCode })
}

export interface Certificate {
  key: string
  cert: string
}

/**
 * Creates a self-signed certificate.
 *
 * @param name the host name
 * @returns undefined without OpenSSL; the test is skipped, or fails with `CI=true`
 */
export async function createSelfSignedCertificate(
  t: TestContext,
  name = 'localhost',
): Promise<Certificate | undefined> {
  if (!(await requireWorking(t, 'openssl', 'version'))) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-certificate-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const result = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '1', '-subj', `/CN=${name}`],
      ...['-addext', `subjectAltName=DNS:${name},IP:127.0.0.1`],
      ...['-keyout', key, '-out', cert],
    ])
    assert.equal(result.status, 0, String(result.stderr))
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The headers of an email or of a part, unfolded, in order, with names in lower case. */
export function parseMailHeaders(raw: string): [name: string, value: string][] {
  const [head = ''] = raw.split('\r\n\r\n', 1)
  return head
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
}

/** The decoded parts of an email. */
export function parseMailParts(raw: string): { type: string; content: string }[] {
  const { 'content-type': type = '', 'content-transfer-encoding': encoding = '7bit' } =
    Object.fromEntries(parseMailHeaders(raw))
  const body = raw.slice(raw.indexOf('\r\n\r\n') + 4)
  const boundary = /boundary="([^"]+)"/.exec(type)?.[1]
  if (boundary) {
    const parts = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1)
    return parts.flatMap((part) => parseMailParts(part.replace(/^\r\n/, '')))
  }
  return [{ type, content: decodeBody(body, encoding).toString().replaceAll('\r\n', '\n') }]
}

function decodeBody(body: string, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64')
  if (encoding !== 'quoted-printable') return Buffer.from(body)
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1')
}
