import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { startHttpServer } from './tcp.ts'

/** A webhook as the operator’s program receives it. */
export interface ReceivedWebhook {
  /** Equal for all attempts of one webhook. */
  id: string
  headers: Record<string, string>
  /** Method and path. */
  requestLine: string
  body: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every type
  event: { type: string; timestamp: string; data: any }
}

/** A status, with optional headers. */
export type WebhookReply = number | [status: number, headers: OutgoingHttpHeaders]

export interface WebhookReceiver {
  /** For LATCHKEY_WEBHOOK_URL. */
  url: string
  secret: string
  /** Every request, retries included, each verified by the official library. */
  received: ReceivedWebhook[]
  /** Returns the response; 204 by default. A promise that never resolves sends none. */
  respond: (post: ReceivedWebhook) => WebhookReply | Promise<WebhookReply>
}

export const generateWebhookSecret = () => `whsec_${randomBytes(32).toString('base64')}`

/** Starts an operator’s program that receives webhooks, for one test. */
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
