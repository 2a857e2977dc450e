import { json } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { startHttpServer } from './tcp.ts'

/** A text as the operator's own program is handed it. */
export interface ReceivedSms {
  /** The same over retries of one message. */
  id: string
  to: string
  text: string
}

export interface SmsReceiver {
  /** As in LATCHKEY_SMS_URL. */
  url: string
  /** Every text that was posted, also again. */
  received: ReceivedSms[]
}

/**
 * A program of the operator's own that takes texts by signed POST, for one test.
 *
 * @param respond the status to answer with: 200 unless told, and never if it never resolves
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
