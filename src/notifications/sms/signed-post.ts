import { createHmac } from 'node:crypto'
import type { SmsTarget } from '../../config/sms-url.ts'
import { now, second } from '../../lib/clock.ts'
import { retryableError, sendRequest } from '../http-request.ts'
import { PermanentDeliveryError } from '../transport.ts'
import type { SmsSender } from './provider.ts'

/** Statuses with which the receiver permanently rejects a text. */
const permanentStatuses = new Set([400, 404, 410, 422])

/** Posts text messages to the operator's own program, signed with a shared secret. */
export function createSignedPostSender(
  target: Extract<SmsTarget, { provider: 'signedPost' }>,
): SmsSender {
  const { url, secret } = target

  return async ({ id, to, text }, from, timeoutMs) => {
    const body = JSON.stringify({ to, from: from ?? null, text })
    const response = await sendRequest(
      'The SMS provider',
      url,
      {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': id,
          'Latchkey-Signature': signatureOf(body, secret),
        },
        body,
      },
      timeoutMs,
    )
    const { status } = response
    if (status >= 200 && status < 300) return
    if (permanentStatuses.has(status)) {
      throw new PermanentDeliveryError(
        `The SMS receiver permanently rejected the text (${status}).`,
      )
    }
    throw retryableError(`The SMS receiver did not accept the text (${status}).`, response)
  }
}

/** `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`. The time lets a receiver reject replays. */
function signatureOf(body: string, secret: string): string {
  const t = Math.floor(now() / second)
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`
}
