import { createTransport, type NodemailerError } from 'nodemailer'
import { parseMailFrom, parseSmtpUrl } from '../config/smtp-url.ts'
import { minute, second } from '../lib/clock.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { PermanentDeliveryError, type RenderedMessage, type Transport } from './transport.ts'

/**
 * Email over SMTP, with a small pool of connections.
 *
 * TLS is required unless `smtpUrl` has `?tls=off`: implicit with smtps://, STARTTLS with smtp://,
 * before credentials and messages. The local machine needs no TLS, so that a mail trap on localhost
 * just works; `?tls=on` requires STARTTLS there too.
 *
 * A message is transmitted within twice `timeoutMs` or fails. The server then has `replyTimeoutMs`
 * to accept it: many scan for spam and viruses first, and a client that does not wait sends
 * duplicates (RFC 5321 §4.5.3.2.6). Errors may be logged: they contain no recipients, credentials or
 * server replies.
 *
 * @param options.from `Name <address>` or an address
 * @param options.timeoutMs the time-out for the connection and for the greeting
 * @param options.replyTimeoutMs the time-out for the reply to a transmitted message
 * @throws Error with the reason if `smtpUrl` or `from` is invalid
 */
export function createSmtpTransport(options: {
  smtpUrl: string
  from: string
  timeoutMs?: number
  replyTimeoutMs?: number
}): Transport {
  const server = parseSmtpUrl(options.smtpUrl)
  if ('problem' in server) throw new Error(server.problem)
  const from = parseMailFrom(options.from)
  if ('problem' in from) throw new Error(from.problem)

  const { timeoutMs = 10 * second, replyTimeoutMs = 2 * minute } = options
  const transport = createTransport({
    ...server,
    pool: true,
    // One immediate retry, for a stale connection: the pool retries only if no byte of the message
    // was sent. The delivery worker handles all other retries.
    maxRequeues: 1,
    // Servers close idle connections: close them first, rather than lose one during a message.
    idleTimeout: 30 * second,
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    // The steps before the reply have the shorter deadline below.
    socketTimeout: replyTimeoutMs,
    // A server that keeps the connection open must not delay shutdown.
    socketCloseTimeout: second,
    disableFileAccess: true,
    disableUrlAccess: true,
  })

  /** Called once the server has the whole message; keyed by the signal of the message. */
  const onDataSent = new WeakMap<AbortSignal, () => void>()
  transport.use('stream', (mail, done) => {
    const { signal } = mail.data
    mail.message.processFunc((input) => {
      return input.once('end', () => signal && onDataSent.get(signal)?.())
    })
    done()
  })

  return {
    async send(message) {
      const email = emailOf(message, from)
      const deadline = new AbortController()
      let timer = setTimeout(() => deadline.abort(), 2 * timeoutMs)
      let dataSent = false
      onDataSent.set(deadline.signal, () => {
        dataSent = true
        clearTimeout(timer)
        timer = setTimeout(() => deadline.abort(), replyTimeoutMs)
      })
      try {
        await transport.sendMail({ ...email, signal: deadline.signal })
      } catch (error) {
        throw deliveryErrorOf(error as NodemailerError, dataSent)
      } finally {
        clearTimeout(timer)
      }
    },
    // Aborts messages in flight, too.
    close: () => transport.close({ force: true }),
  }
}

function emailOf(
  { id, to, subject, text, html }: RenderedMessage,
  from: { name: string; address: string },
) {
  const recipient = parseEmailAddress(to)
  if (!recipient) throw new PermanentDeliveryError('The recipient is not one email address.')

  return {
    from,
    // An object, because a string is parsed as a list: "a@b.c, evil@x.y" would go to both.
    to: { name: '', address: recipient.address },
    subject,
    text,
    html,
    // Every attempt has this id, so that mail programs drop duplicates (RFC 5322 §3.6.4).
    messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    // Suppresses out-of-office replies (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

/** An error made of codes alone: nodemailer's messages quote the reply, which often has the recipient. */
function deliveryErrorOf(error: NodemailerError, dataSent: boolean): Error {
  const { code, command, responseCode, response } = error
  if (responseCode === undefined) {
    const subject = dataSent ? 'The email may have been sent' : 'The email was not sent'
    return new Error(`${subject}: ${reasonOf(error)}.`)
  }

  const enhancedStatus = /^[0-9]{3}[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})\b/.exec(response ?? '')?.[1]
  const reply = [responseCode, enhancedStatus, command && `to ${command}`].filter(Boolean).join(' ')
  if (code === 'EAUTH') return new Error(`The mail server rejected the credentials (${reply}).`)
  return isPermanentRejection(error)
    ? new PermanentDeliveryError(`The mail server permanently rejected the message (${reply}).`)
    : new Error(`The mail server did not accept the message (${reply}).`)
}

/**
 * Whether the server permanently rejected the recipient or the message. A rejected sender, and 53x
 * (RFC 4954 §6), which asks for credentials, are retried: the operator can correct the settings.
 */
function isPermanentRejection({ command, permanent, responseCode }: NodemailerError): boolean {
  const asksForCredentials = responseCode !== undefined && Math.floor(responseCode / 10) === 53
  return permanent === true && !asksForCredentials && /^(RCPT TO|DATA)$/.test(command ?? '')
}

function reasonOf({ code, originalCode }: NodemailerError): string {
  if (code === 'EABORT' || code === 'ETIMEDOUT') return 'the mail server timed out'
  if (code === 'ETLS') return 'the mail server offers no trusted TLS (ETLS)'
  return `the connection to the mail server failed (${originalCode ?? code ?? 'no code'})`
}
