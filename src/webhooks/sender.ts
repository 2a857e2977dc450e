import { createHmac } from 'node:crypto'
import { parseWebhookUrl } from '../config/webhook-url.ts'
import { now, second } from '../lib/clock.ts'
import { retryableError, sendRequest } from '../notifications/http-request.ts'
import { PermanentDeliveryError } from '../notifications/transport.ts'

/** An event ready to be sent. */
export interface WebhookEvent {
  /** Stays constant over all attempts, so that a receiver can recognise a duplicate. */
  id: string
  /** JSON. */
  body: string
}

/** Sends events to the operator's webhook receiver. */
export interface WebhookSender {
  /**
   * Resolves once the receiver has accepted the event. Errors may be logged: they contain nothing of
   * the URL.
   *
   * @throws PermanentDeliveryError if the receiver asks for no retry (410)
   * @throws Error any other failure, to be retried
   */
  send(event: WebhookEvent): Promise<void>
}

/** Short, because a duplicate does no harm: the receiver recognises it by its id. */
const defaultTimeoutMs = 10 * second

/**
 * Signs events as in "Standard Webhooks", with a shared secret that is never sent. A URL has two
 * secrets while the secret is being rotated, and each event then has two signatures.
 *
 * @param rawUrl `https://…?secret=whsec_…`
 * @param timeoutMs the time-out of one request
 * @throws Error with the reason if `rawUrl` is invalid
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
        throw new PermanentDeliveryError('The webhook receiver rejected the event (410).')
      throw retryableError(`The webhook receiver did not accept the event (${status}).`, response)
    },
  }
}

function signatureOf(content: string, secret: Buffer): string {
  return `v1,${createHmac('sha256', secret).update(content).digest('base64')}`
}
