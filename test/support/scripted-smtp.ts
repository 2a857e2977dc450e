import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { startTcpServer } from './tcp.ts'

/** The steps of one email, with the end of the message (`.`). */
type SmtpStep = 'greeting' | 'EHLO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | '.' | 'QUIT'

/** The reply to each step: a line, or an action on the connection. */
export type SmtpReplies = Partial<Record<SmtpStep, string | ((socket: Socket) => void)>>

const defaultReplies: Record<SmtpStep, string> = {
  greeting: '220 here',
  EHLO: '250 here',
  STARTTLS: '220 go ahead',
  AUTH: '235 welcome',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go ahead',
  '.': '250 taken',
  QUIT: '221 bye',
}

/**
 * Starts a mail server with scripted replies, for faults that a real one can’t be made to have.
 *
 * @param replies override the default replies; the test may change them later
 */
export async function startScriptedSmtp(t: TestContext, replies: SmtpReplies = {}) {
  /** Every complete message, whatever the reply. */
  const messages: string[] = []
  const sockets = new Set<Socket>()
  const port = await startTcpServer(t, (socket) => {
    sockets.add(socket)
    socket.setEncoding('latin1').on('error', () => {})
    let buffer = ''
    let inMessage = false

    function reply(step: SmtpStep): void {
      const response = replies[step] ?? defaultReplies[step]
      if (typeof response === 'function') response(socket)
      else socket.write(`${response}\r\n`)
    }

    function parseNext(): void {
      const end = inMessage ? '\r\n.\r\n' : '\r\n'
      const at = buffer.indexOf(end)
      if (at < 0) return
      const line = buffer.slice(0, at)
      buffer = buffer.slice(at + end.length)
      if (inMessage) messages.push(line)
      const step = inMessage ? '.' : ((/^[A-Z]+/.exec(line)?.[0] ?? '') as SmtpStep)
      inMessage = step === 'DATA' && replies.DATA === undefined
      reply(step)
      parseNext()
    }

    socket.on('data', (chunk: string) => {
      buffer += chunk
      parseNext()
    })
    reply('greeting')
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { messages, replies, url: `smtp://127.0.0.1:${port}` }
}

export const neverReply = () => {}
export const closeConnection = (socket: Socket): void => void socket.destroy()
