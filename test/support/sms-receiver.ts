import { json } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { startHttpServer } from './tcp.ts'

/** A text message as the operator’s program receives it. */
export interface ReceivedSms {
  /** Equal for all attempts of one message. */
  id: string
  to: string
  text: string
}

export interface SmsReceiver {
  /** For LATCHKEY_SMS_URL. */
  url: string
  /** Every request, retries included. */
  received: ReceivedSms[]
}

/**
 * Starts an operator’s program that receives text messages by signed POST, for one test.
 *
 * @param respond returns the status; a promise that never resolves sends no response
 */
export async function startSmsReceiver(
  t: TestContext,
  respond: (text: ReceivedSms) => number | Promise<number> = () => 200,
): Promise<SmsReceiver> {
  const received: ReceivedSms[] = []
  const port = await startHttpServer(t, async (request, response) => {
    const { to, text } = (await json(request)) as { to: string; text: string }
    const message = { id: String(request.headers['idempotency-key']), to, text }
    received.push(message)
    response.writeHead(await respond(message)).end()
  })
  return { url: `http://127.0.0.1:${port}/texts?secret=shared`, received }
}
