import { createHmac } from 'node:crypto'
import { now, second } from '../lib/clock.ts'
import { ask, notTaken } from './ask.ts'
import { Undeliverable } from './gateway.ts'

/** What happened, ready to leave the house. */
export interface Post {
  /** Stays the same over retries, so that a receiver can tell a repeat. */
  id: string
  /** JSON. */
  body: string
}

/** A program of the operator's own that is told what happens to accounts. */
export interface Webhook {
  /**
   * Hands a post over and resolves once the other side has taken it.
   *
   * @throws Undeliverable if it must not come again; anything else is worth a retry. What is thrown
   * may be logged: it names nothing of the URL.
   */
  send(post: Post): Promise<void>
}

/** A repeat does no harm here, for it is known by its id: so the receiver need not be waited for long. */
const longestWaitMs = 10 * second

/** Sizes of a secret, in bytes ("Standard Webhooks", signature scheme). */
const [shortest, longest] = [24, 64]

/**
 * `https://…?secret=whsec_…`: signed posts as "Standard Webhooks" has them, with a secret that both
 * sides know and that is never sent. While it is changed there are two, and two signatures.
 *
 * @param waitMs how long the receiver may take for one post
 * @throws Error if `written` can't be used, saying why
 */
export function webhookAt(written: string, waitMs: number = longestWaitMs): Webhook {
  const read = readUrl(written)
  if ('problem' in read) throw new Error(read.problem)
  const { url, secrets } = read

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
      const answer = await ask('The webhook receiver', url, request, waitMs)
      const { status } = answer
      if (status >= 200 && status < 300) return
      if (status === 410) throw new Undeliverable('The webhook receiver wants none of this (410).')
      throw notTaken(`The webhook receiver did not take it (${status}).`, answer)
    },
  }
}

/** What is wrong with a LATCHKEY_WEBHOOK_URL, in a sentence that repeats none of it; or undefined. */
export function webhookUrlProblem(url: string): string | undefined {
  const read = readUrl(url)
  return 'problem' in read ? read.problem : undefined
}

function readUrl(written: string): { url: URL; secrets: Buffer[] } | { problem: string } {
  const url = /^https?:\/\//i.test(written) ? URL.parse(written) : null
  if (!url) return wrong('must look like https://host/path?secret=whsec_…')
  if (url.username || url.password) {
    return wrong('must carry no user and password; the signature says who we are')
  }
  const given = url.searchParams.getAll('secret')
  if (given.length < 1 || given.length > 2) {
    return wrong('must carry one ?secret=whsec_…, or two while you change it')
  }
  // A + in a query is a space, and base64 has no spaces: so it can only have been a +.
  const secrets = given.map((secret) => secretIn(secret.replaceAll(' ', '+')))
  if (!secrets.every((secret) => secret !== undefined)) {
    return wrong(`has a secret that is not whsec_ and ${shortest} to ${longest} bytes in base64`)
  }
  url.searchParams.delete('secret')
  url.hash = ''
  return { url, secrets }
}

const wrong = (what: string) => ({ problem: `LATCHKEY_WEBHOOK_URL ${what}.` })

function secretIn(written: string): Buffer | undefined {
  const base64 = /^whsec_(.+)$/.exec(written)?.[1] ?? ''
  const bytes = Buffer.from(base64, 'base64')
  // Node reads past what is no base64; the receiver's library may not.
  const whole = bytes.toString('base64') === base64
  return whole && bytes.length >= shortest && bytes.length <= longest ? bytes : undefined
}

function signatureOf(content: string, secret: Buffer): string {
  return `v1,${createHmac('sha256', secret).update(content).digest('base64')}`
}
