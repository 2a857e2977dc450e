import { createHmac } from 'node:crypto'
import { now, second } from '../../lib/clock.ts'
import { ask, notTaken } from '../ask.ts'
import { Undeliverable } from '../gateway.ts'
import type { Provider } from './provider.ts'

/** Answers that would be the same next time: the receiver has read the text and won't have it. */
const permanent = new Set([400, 404, 410, 422])

/**
 * `https://…?secret=…` or `http://…?secret=…`: a POST to a program of the operator's own, signed
 * with a secret that both know and that is never sent.
 */
export const signedPost: Provider = {
  needsFrom: false,

  at(written) {
    const url = URL.parse(written)
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
      async send({ id, to, text }, from, waitMs) {
        const body = JSON.stringify({ to, from: from ?? null, text })
        const answer = await ask(
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
          waitMs,
        )
        const { status } = answer
        if (status >= 200 && status < 300) return
        if (permanent.has(status)) {
          throw new Undeliverable(`The SMS receiver will not take this text (${status}).`)
        }
        throw notTaken(`The SMS receiver did not take the text (${status}).`, answer)
      },
    }
  },
}

/** `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`. The time lets a receiver refuse replays. */
function signatureOf(body: string, secret: string): string {
  const t = Math.floor(now() / second)
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`
}
