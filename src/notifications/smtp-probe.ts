import type { NodemailerError } from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { parseMailFrom, parseSmtpUrl } from '../config/smtp-url.ts'
import { second } from '../lib/clock.ts'

/** The result of connecting to a mail server without sending an email. */
export type SmtpProbeResult =
  | { accepted: true; to: string; encrypted: boolean }
  | { accepted: false; step: 'connect' | 'sign in' | 'sender' | 'recipient'; message: string }

/**
 * Opens an SMTP session as the service does, with TLS and credentials, then sends MAIL FROM,
 * RCPT TO, and RSET instead of a message.
 *
 * @param options.to the recipient; defaults to the sender's own address
 * @param options.timeoutMs the time-out of each step
 * @throws Error if the settings are invalid
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
    // nodemailer sends custom commands from an authentication method only.
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
    connection.once('end', () => reject(new Error('The server closed the connection.')))
  })
  // It may reject after the race is over.
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

/** Removes the password from a server's reply: some servers repeat it. */
function redactReply(message: string, secret: string | undefined): string {
  const text = message.replace(/[\r\n]+/g, ' ').slice(0, 300)
  return secret ? text.replaceAll(secret, '…') : text
}
