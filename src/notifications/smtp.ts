import { createTransport, type NodemailerError } from 'nodemailer'
import { parseMailFrom, parseSmtpUrl } from '../config/smtp-url.ts'
import { minute, second } from '../lib/clock.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { PermanentDeliveryError, type RenderedMessage, type Transport } from './transport.ts'

/**
 * Email by SMTP, over a few connections that are kept open.
 *
 * Nothing crosses a network in clear unless `smtpUrl` says `?tls=off`: with smtps:// TLS comes
 * first, with smtp:// by STARTTLS before credentials and messages. This machine itself needs no
 * TLS, so that a mail trap on localhost just works; `?tls=on` asks it for STARTTLS too.
 *
 * A message is with the server, or given back, within twice `waitMs`, however slow or silent that
 * is. From then on the server has `verdictMs` to say whether it took it: many look for spam and
 * viruses first, and whoever doesn’t wait for them sends it twice (RFC 5321 §4.5.3.2.6). What is
 * thrown may be logged: it names neither people nor credentials, and quotes no reply.
 *
 * @param options.from `Name <address>` or an address
 * @param options.waitMs how long the server may take to connect, and to greet
 * @throws Error if `smtpUrl` or `from` can't be used, saying why
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
    // The outbox tries again by itself. Once at once, for a connection that had gone stale: the
    // pool does so only where not a byte of the message was sent.
    maxRequeues: 1,
    // Servers hang up on idlers; better that we do it first than in the middle of a message.
    idleTimeout: 30 * second,
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    // What comes before the verdict is over earlier: see below.
    socketTimeout: replyTimeoutMs,
    // A server that won't hang up shall not keep a service from stopping.
    socketCloseTimeout: second,
    disableFileAccess: true,
    disableUrlAccess: true,
  })

  /** What to do once the server has all of a message, by the signal that the message carries. */
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
    // Also what is on its way: nobody waits for that any more.
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
    // An object, because a string is a list: "a@b.c, evil@x.y" would go to both.
    to: { name: '', address: recipient.address },
    subject,
    text,
    html,
    // The same over retries, so that mail programs can drop a second copy (RFC 5322 §3.6.4).
    messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    // No out-of-office note should come back (RFC 3834 §5).
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

/**
 * What went wrong, told in codes alone: nodemailer's own messages quote the server's reply, and
 * servers like to repeat the recipient.
 */
function deliveryErrorOf(error: NodemailerError, dataSent: boolean): Error {
  const { code, command, responseCode, response } = error
  if (responseCode === undefined) {
    const what = dataSent ? 'The email may have left' : 'No email left'
    return new Error(`${what}: ${reasonOf(error)}.`)
  }

  const enhancedStatus = /^[0-9]{3}[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})\b/.exec(response ?? '')?.[1]
  const reply = [responseCode, enhancedStatus, command && `to ${command}`].filter(Boolean).join(' ')
  if (code === 'EAUTH') return new Error(`The mail server refused our credentials (${reply}).`)
  return isPermanentRejection(error)
    ? new PermanentDeliveryError(`The mail server will not take this message (${reply}).`)
    : new Error(`The mail server did not take the message (${reply}).`)
}

/**
 * Whether the server turned down this recipient or this message for good. A refusal of the
 * sender, and 53x (RFC 4954 §6), which asks for credentials, are ours to put right: the message
 * can wait for that.
 */
function isPermanentRejection({ command, permanent, responseCode }: NodemailerError): boolean {
  const asksForCredentials = responseCode !== undefined && Math.floor(responseCode / 10) === 53
  return permanent === true && !asksForCredentials && /^(RCPT TO|DATA)$/.test(command ?? '')
}

function reasonOf({ code, originalCode }: NodemailerError): string {
  if (code === 'EABORT' || code === 'ETIMEDOUT') return 'the mail server took too long'
  if (code === 'ETLS') return 'the mail server offers no TLS, or none that can be trusted (ETLS)'
  return `the mail server could not be used (${originalCode ?? code ?? 'no code'})`
}
