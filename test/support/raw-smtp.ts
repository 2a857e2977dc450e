import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { listen } from './free-port.ts'

/** What a server is asked in the course of one mail, the end of a message (`.`) included. */
type Step = 'greeting' | 'EHLO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | '.' | 'QUIT'

/** What it answers: a line, or anything else that can be done with a connection. */
export type Answers = Partial<Record<Step, string | ((socket: Socket) => void)>>

const usual: Record<Step, string> = {
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
 * A mail server that answers as it is told, for what no real one can be made to do.
 *
 * @param answers instead of the usual ones; they may change on the way
 */
export async function startRawSmtp(t: TestContext, answers: Answers = {}) {
  /** Every message that was there as a whole, whatever was answered. */
  const messages: string[] = []
  const sockets = new Set<Socket>()
  const port = await listen(t, (socket) => {
    sockets.add(socket)
    socket.setEncoding('latin1').on('error', () => {})
    let read = ''
    let inMessage = false

    function answer(step: Step): void {
      const given = answers[step] ?? usual[step]
      if (typeof given === 'function') given(socket)
      else socket.write(`${given}\r\n`)
    }

    function readOn(): void {
      const end = inMessage ? '\r\n.\r\n' : '\r\n'
      const at = read.indexOf(end)
      if (at < 0) return
      const line = read.slice(0, at)
      read = read.slice(at + end.length)
      if (inMessage) messages.push(line)
      const step = inMessage ? '.' : ((/^[A-Z]+/.exec(line)?.[0] ?? '') as Step)
      inMessage = step === 'DATA' && answers.DATA === undefined
      answer(step)
      readOn()
    }

    socket.on('data', (chunk: string) => {
      read += chunk
      readOn()
    })
    answer('greeting')
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { messages, answers, url: `smtp://127.0.0.1:${port}` }
}

export const silence = () => {}
export const hangUp = (socket: Socket): void => void socket.destroy()
