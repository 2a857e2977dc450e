import { createHmac } from 'node:crypto'
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

/** Sizes of a secret, in bytes ("Standard Webhooks", signature scheme). */
const [minSecretBytes, maxSecretBytes] = [24, 64]

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

/** What is wrong with a LATCHKEY_WEBHOOK_URL, in a sentence that repeats none of it; or undefined. */
export function webhookUrlProblem(url: string): string | undefined {
  const parsed = parseWebhookUrl(url)
  return 'problem' in parsed ? parsed.problem : undefined
}

function parseWebhookUrl(rawUrl: string): { url: URL; secrets: Buffer[] } | { problem: string } {
  const url = /^https?:\/\//i.test(rawUrl) ? URL.parse(rawUrl) : null
  if (!url) return invalidUrl('must look like https://host/path?secret=whsec_…')
  if (url.username || url.password) {
    return invalidUrl('must carry no user and password; the signature says who we are')
  }
  const encodedSecrets = url.searchParams.getAll('secret')
  if (encodedSecrets.length < 1 || encodedSecrets.length > 2) {
    return invalidUrl('must carry one ?secret=whsec_…, or two while you change it')
  }
  // A + in a query is a space, and base64 has no spaces: so it can only have been a +.
  const secrets = encodedSecrets.map((secret) => parseSecret(secret.replaceAll(' ', '+')))
  if (!secrets.every((secret) => secret !== undefined)) {
    return invalidUrl(
      `has a secret that is not whsec_ and ${minSecretBytes} to ${maxSecretBytes} bytes in base64`,
    )
  }
  url.searchParams.delete('secret')
  url.hash = ''
  return { url, secrets }
}

const invalidUrl = (what: string) => ({ problem: `LATCHKEY_WEBHOOK_URL ${what}.` })

function parseSecret(encoded: string): Buffer | undefined {
  const base64 = /^whsec_(.+)$/.exec(encoded)?.[1] ?? ''
  const bytes = Buffer.from(base64, 'base64')
  // Node reads past what is no base64; the receiver's library may not.
  const isCanonical = bytes.toString('base64') === base64
  return isCanonical && bytes.length >= minSecretBytes && bytes.length <= maxSecretBytes
    ? bytes
    : undefined
}

function signatureOf(content: string, secret: Buffer): string {
  return `v1,${createHmac('sha256', secret).update(content).digest('base64')}`
}
