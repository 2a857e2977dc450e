import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { startHttpServer } from './tcp.ts'

/** One post, as the operator's own program is handed it. */
export interface ReceivedWebhook {
  /** The same over retries of one post. */
  id: string
  headers: Record<string, string>
  /** Of the request: method and path. */
  requestLine: string
  body: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every type
  event: { type: string; timestamp: string; data: any }
}

/** A status, and headers if there are any. */
export type WebhookReply = number | [status: number, headers: OutgoingHttpHeaders]

export interface WebhookReceiver {
  /** As in LATCHKEY_WEBHOOK_URL. */
  url: string
  secret: string
  /** Every post, also again, each verified by the official library. */
  received: ReceivedWebhook[]
  /** What is answered: 204 unless told, and never if it never resolves. */
  respond: (post: ReceivedWebhook) => WebhookReply | Promise<WebhookReply>
}

export const generateWebhookSecret = () => `whsec_${randomBytes(32).toString('base64')}`

/** A program of the operator's own that is told what happens, for one test. */
export async function startWebhookReceiver(
  t: TestContext,
  secret: string = generateWebhookSecret(),
): Promise<WebhookReceiver> {
  const verifier = new Webhook(secret)
  const verificationErrors: unknown[] = []
  const port = await startHttpServer(t, async (request, response) => {
    const body = await text(request)
    const headers = request.headers as Record<string, string>
    try {
      const event = verifier.verify(body, headers) as ReceivedWebhook['event']
      const requestLine = `${request.method} ${request.url}`
      const webhook = { id: headers['webhook-id'] ?? '', headers, requestLine, body, event }
      receiver.received.push(webhook)
      const [status, more] = [await receiver.respond(webhook)].flat() as [
        number,
        OutgoingHttpHeaders?,
      ]
      response.writeHead(status, more).end()
    } catch (error) {
      verificationErrors.push(error)
      response.writeHead(401).end()
    }
  })
  t.after(() => assert.deepEqual(verificationErrors, [], 'a webhook could not be verified'))
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${port}/hooks?tenant=7&secret=${secret}`,
    secret,
    received: [],
    respond: () => 204,
  }
  return receiver
}
