import { createHmac } from 'node:crypto'
import { now, second } from '../../lib/clock.ts'
import { retryableError, sendRequest } from '../http-request.ts'
import { PermanentDeliveryError } from '../transport.ts'
import type { SmsProvider } from './provider.ts'

/** Answers that would be the same next time: the receiver has read the text and won't have it. */
const permanentStatuses = new Set([400, 404, 410, 422])

/**
 * `https://…?secret=…` or `http://…?secret=…`: a POST to a program of the operator's own, signed
 * with a secret that both know and that is never sent.
 */
export const signedPost: SmsProvider = {
  needsFrom: false,

  createSender(rawUrl) {
    const url = URL.parse(rawUrl)
    if (!url) return { problem: 'is not a URL' }
    if (url.username || url.password) {
      return { problem: 'must carry no user and password; the signature says who we are' }
    }
    const secrets = url.searchParams.getAll('secret')
    const secret = secrets[0]
    if (!secret || secrets.length > 1) {
      return { problem: 'must carry one ?secret=, which signs every text' }
    }
    // A + in a query is a space: the two sides would sign with different secrets.
    if (/\s/.test(secret)) {
      return { problem: 'has a space or a + in its secret; a + is written %2B' }
    }

    url.searchParams.delete('secret')
    url.hash = ''

    return {
      async send({ id, to, text }, from, timeoutMs) {
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
          throw new PermanentDeliveryError(`The SMS receiver will not take this text (${status}).`)
        }
        throw retryableError(`The SMS receiver did not take the text (${status}).`, response)
      },
    }
  },
}

/** `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`. The time lets a receiver refuse replays. */
function signatureOf(body: string, secret: string): string {
  const t = Math.floor(now() / second)
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`
}
