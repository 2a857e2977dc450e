import { createHmac } from 'node:crypto'
import { parseWebhookUrl } from '../config/webhook-url.ts'
import { now, second } from '../lib/clock.ts'
import { retryableError, sendRequest } from '../notifications/http-request.ts'
import { PermanentDeliveryError } from '../notifications/transport.ts'

/** What happened, ready to leave the house. */
export interface WebhookEvent {
  /** Stays the same over retries, so that a receiver can tell a repeat. */
  id: string
  /** JSON. */
  body: string
}

/** A program of the operator's own that is told what happens to accounts. */
export interface WebhookSender {
  /**
   * Hands a post over and resolves once the other side has taken it.
   *
   * @throws Undeliverable if it must not come again; anything else is worth a retry. What is thrown
   * may be logged: it names nothing of the URL.
   */
  send(event: WebhookEvent): Promise<void>
}

/** A repeat does no harm here, for it is known by its id: so the receiver need not be waited for long. */
const defaultTimeoutMs = 10 * second

/**
 * `https://…?secret=whsec_…`: signed posts as "Standard Webhooks" has them, with a secret that both
 * sides know and that is never sent. While it is changed there are two, and two signatures.
 *
 * @param timeoutMs how long the receiver may take for one post
 * @throws Error if `written` can't be used, saying why
 */
export function createWebhookSender(
  rawUrl: string,
  timeoutMs: number = defaultTimeoutMs,
): WebhookSender {
  const parsed = parseWebhookUrl(rawUrl)
  if ('problem' in parsed) throw new Error(parsed.problem)
  const { url, secrets } = parsed

  return {
    async send({ id, body }) {
      const timestamp = Math.floor(now() / second)
      const headers = {
        'Content-Type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': `${timestamp}`,
        'webhook-signature': secrets
          .map((secret) => signatureOf(`${id}.${timestamp}.${body}`, secret))
          .join(' '),
      }
      const request = { method: 'POST', headers, body } as const
      const response = await sendRequest('The webhook receiver', url, request, timeoutMs)
      const { status } = response
      if (status >= 200 && status < 300) return
      if (status === 410)
        throw new PermanentDeliveryError('The webhook receiver wants none of this (410).')
      throw retryableError(`The webhook receiver did not take it (${status}).`, response)
    },
  }
}

function signatureOf(content: string, secret: Buffer): string {
  return `v1,${createHmac('sha256', secret).update(content).digest('base64')}`
}
