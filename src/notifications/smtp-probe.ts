import type { NodemailerError } from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { parseMailFrom, parseSmtpUrl } from '../config/smtp-url.ts'
import { second } from '../lib/clock.ts'

/** What came of asking a mail server, without any mail. */
export type SmtpProbeResult =
  | { accepted: true; to: string; encrypted: boolean }
  | { accepted: false; step: 'connect' | 'sign in' | 'sender' | 'recipient'; message: string }

/**
 * Talks to the mail server up to the recipient: connection, TLS and password as the service uses
 * them, then MAIL FROM and RCPT TO, and RSET instead of a message.
 *
 * @param options.to whom a mail could go to; our own sender's address unless told
 * @param options.waitMs how long the server may stay silent at any one step
 * @throws Error if the settings can't be used
 */
export async function probeSmtp(options: {
  smtpUrl: string
  from: string
  to?: string | undefined
  timeoutMs?: number
}): Promise<SmtpProbeResult> {
  const server = parseSmtpUrl(options.smtpUrl)
  const from = parseMailFrom(options.from)
  if ('problem' in server) throw new Error(server.problem)
  if ('problem' in from) throw new Error(from.problem)
  const { auth, ...connectionOptions } = server
  const timeoutMs = options.timeoutMs ?? 5 * second
  const to = options.to ?? from.address

  let step: (SmtpProbeResult & { accepted: false })['step'] = 'connect'
  let rejection: string | undefined
  const connection = new SMTPConnection({
    ...connectionOptions,
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // The door through which commands of one's own can be sent.
    customAuth: {
      ENVELOPE: async ({ sendCommand }) => {
        const sendSmtpCommand = async (command: string) => {
          const { status = 0, response } = await sendCommand(command)
          if (status >= 200 && status <= 299) return
          rejection = response
          throw new Error('refused')
        }
        step = 'sender'
        await sendSmtpCommand(`MAIL FROM:<${from.address}>`)
        step = 'recipient'
        await sendSmtpCommand(`RCPT TO:<${to}>`)
        await sendSmtpCommand('RSET')
      },
    },
  })
  const connectionFailed = new Promise<never>((_, reject) => {
    connection.on('error', reject)
    connection.once('end', () => reject(new Error('The server hung up.')))
  })
  // Nobody may be waiting any more when it happens.
  connectionFailed.catch(() => {})
  const settled = (start: (callback: (error?: Error | null) => void) => void) =>
    Promise.race([
      connectionFailed,
      new Promise<void>((resolve, reject) => start((error) => (error ? reject(error) : resolve()))),
    ])
  try {
    await settled((callback) => connection.connect(callback))
    step = 'sign in'
    if (auth) await settled((callback) => connection.login(auth, callback))
    await settled((callback) => connection.login({ method: 'ENVELOPE' }, callback))
    connection.quit()
    return { accepted: true, to, encrypted: connection.secure }
  } catch (error) {
    connection.close()
    const { message, code } = error as NodemailerError
    const timeout = code === 'ETIMEDOUT' && `no answer within ${timeoutMs / second} s`
    return {
      accepted: false,
      step,
      message: redactReply(timeout || rejection || message, auth?.pass),
    }
  }
}

/** What went wrong, with the server’s own words; some servers repeat what they were shown. */
function redactReply(message: string, secret: string | undefined): string {
  const text = message.replace(/[\r\n]+/g, ' ').slice(0, 300)
  return secret ? text.replaceAll(secret, '…') : text
}
