import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { Webhook } from 'standardwebhooks'

/** One post, as the operator's own program is handed it. */
export interface ReceivedPost {
  /** The same over retries of one post. */
  id: string
  headers: Record<string, string>
  /** Of the request: method and path. */
  line: string
  body: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every type
  event: { type: string; timestamp: string; data: any }
}

/** A status, and headers if there are any. */
export type PostAnswer = number | [status: number, headers: OutgoingHttpHeaders]

export interface Receiver {
  /** As in LATCHKEY_WEBHOOK_URL. */
  url: string
  secret: string
  /** Every post, also again, each verified by the official library. */
  posts: ReceivedPost[]
  /** What is answered: 204 unless told, and never if it never resolves. */
  answer: (post: ReceivedPost) => PostAnswer | Promise<PostAnswer>
}

export const newWebhookSecret = () => `whsec_${randomBytes(32).toString('base64')}`

/** A program of the operator's own that is told what happens, for one test. */
export async function startWebhook(
  t: TestContext,
  secret: string = newWebhookSecret(),
): Promise<Receiver> {
  const official = new Webhook(secret)
  const forged: unknown[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const headers = request.headers as Record<string, string>
    try {
      const event = official.verify(body, headers) as ReceivedPost['event']
      const line = `${request.method} ${request.url}`
      const post = { id: headers['webhook-id'] ?? '', headers, line, body, event }
      receiver.posts.push(post)
      const [status, more] = [await receiver.answer(post)].flat() as [number, OutgoingHttpHeaders?]
      response.writeHead(status, more).end()
    } catch (error) {
      forged.push(error)
      response.writeHead(401).end()
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
    assert.deepEqual(forged, [], 'a post could not be verified')
  })
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hooks?tenant=7&secret=${secret}`,
    secret,
    posts: [],
    answer: () => 204,
  }
  return receiver
}
