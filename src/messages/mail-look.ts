import type { NodemailerError } from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { second } from '../lib/clock.ts'
import { senderIn, serverIn } from './mail.ts'

/** What came of asking a mail server, without any mail. */
export type MailLook =
  | { taken: true; to: string; encrypted: boolean }
  | { taken: false; step: 'connect' | 'sign in' | 'sender' | 'recipient'; said: string }

/**
 * Talks to the mail server up to the recipient: connection, TLS and password as the service uses
 * them, then MAIL FROM and RCPT TO, and RSET instead of a message.
 *
 * @param options.to whom a mail could go to; our own sender's address unless told
 * @param options.waitMs how long the server may stay silent at any one step
 * @throws Error if the settings can't be used
 */
export async function lookAtMail(options: {
  smtpUrl: string
  from: string
  to?: string | undefined
  waitMs?: number
}): Promise<MailLook> {
  const server = serverIn(options.smtpUrl)
  const from = senderIn(options.from)
  if ('problem' in server) throw new Error(server.problem)
  if ('problem' in from) throw new Error(from.problem)
  const { auth, ...where } = server
  const waitMs = options.waitMs ?? 5 * second
  const to = options.to ?? from.address

  let step: (MailLook & { taken: false })['step'] = 'connect'
  let refused: string | undefined
  const connection = new SMTPConnection({
    ...where,
    dnsTimeout: waitMs,
    connectionTimeout: waitMs,
    greetingTimeout: waitMs,
    socketTimeout: waitMs,
    // The door through which commands of one's own can be sent.
    customAuth: {
      ENVELOPE: async ({ sendCommand }) => {
        const say = async (command: string) => {
          const { status = 0, response } = await sendCommand(command)
          if (status >= 200 && status <= 299) return
          refused = response
          throw new Error('refused')
        }
        step = 'sender'
        await say(`MAIL FROM:<${from.address}>`)
        step = 'recipient'
        await say(`RCPT TO:<${to}>`)
        await say('RSET')
      },
    },
  })
  const broken = new Promise<never>((_, reject) => {
    connection.on('error', reject)
    connection.once('end', () => reject(new Error('The server hung up.')))
  })
  // Nobody may be waiting any more when it happens.
  broken.catch(() => {})
  const done = (begin: (settle: (error?: Error | null) => void) => void) =>
    Promise.race([
      broken,
      new Promise<void>((resolve, reject) => begin((error) => (error ? reject(error) : resolve()))),
    ])
  try {
    await done((settle) => connection.connect(settle))
    step = 'sign in'
    if (auth) await done((settle) => connection.login(auth, settle))
    await done((settle) => connection.login({ method: 'ENVELOPE' }, settle))
    connection.quit()
    return { taken: true, to, encrypted: connection.secure }
  } catch (error) {
    connection.close()
    const { message, code } = error as NodemailerError
    const late = code === 'ETIMEDOUT' && `no answer within ${waitMs / second} s`
    return { taken: false, step, said: wordsOf(late || refused || message, auth?.pass) }
  }
}

/** What went wrong, with the server’s own words; some servers repeat what they were shown. */
function wordsOf(message: string, secret: string | undefined): string {
  const said = message.replace(/[\r\n]+/g, ' ').slice(0, 300)
  return secret ? said.replaceAll(secret, '…') : said
}
