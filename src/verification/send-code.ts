import { minute, second, secondsUntil } from '../lib/clock.ts'
import { mailboxOf } from '../lib/email-address.ts'
import { mask } from '../lib/mask.ts'
import { Problem } from '../lib/problem.ts'
import { newCode } from '../lib/random.ts'
import { enqueueNotification, type Recipient } from '../notifications/outbox.ts'
import type { Channel } from '../notifications/transport.ts'
import { maxSmsToUnverified, rateLimits } from '../rate-limits/limits.ts'
import {
  type Bucket,
  countHits,
  type RateLimit,
  type RateLimiter,
} from '../rate-limits/rate-limiter.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import { hashOtp } from './otp.ts'

/** Long enough for a slow text message, short enough that a code seen over a shoulder soon expires. */
const codeLifetimeMs = 5 * minute

/** Time between two codes, so that the first one can arrive. */
const resendCooldownMs = 30 * second

const serviceWide = 'everyone'

/** Text messages that count against the daily cap, and those to unverified numbers among them. */
export async function countSmsLast24h(db: Db): Promise<{ all: number; toUnverified: number }> {
  const countOf = (limit: RateLimit) => countHits(db, { limit, key: serviceWide })
  return {
    all: await countOf(rateLimits.smsPerDay),
    toUnverified: await countOf(rateLimits.smsPerDayToUnverified),
  }
}

export type CodeTemplate = 'sign-in-code' | 'undo-code' | 'set-up-code' | 'address-code'

export interface SendCodeDeps {
  rateLimiter: RateLimiter
  smsDailyCap: number
}

/** The `202` response after a code was sent. */
export interface CodeSent {
  status: 'codeSent'
  sentTo: string
  expiresIn: number
  retryAfter: number
}

/**
 * Sends a new code for a challenge. The previous code stops working; failed attempts stay counted.
 *
 * @param message.unverified true while the account has not verified the recipient
 * @throws Problem with `retryAfter` within the resend cooldown, or if too many codes were sent
 */
export async function sendCode(
  tx: Tx,
  deps: SendCodeDeps,
  challenge: { id: string; account_id: string; sent_to: string | null; sent_at: number | null },
  message: { method: Channel; to: Recipient; template: CodeTemplate; unverified?: boolean },
): Promise<CodeSent> {
  const { rateLimiter, smsDailyCap } = deps
  const { method, to, template, unverified = false } = message
  // The cooldown does not apply to another recipient: the first may be out of reach.
  const resendAt =
    challenge.sent_to === to.destination ? (challenge.sent_at ?? 0) + resendCooldownMs : 0
  if (resendAt > tx.now()) {
    const retryAfter = secondsUntil(resendAt)
    const detail = `A code is on its way. You can request another one in ${retryAfter} seconds.`
    throw new Problem('too_many_messages', detail, { retryAfter })
  }
  await rateLimiter.consume(
    tx,
    {
      // Apart from sign-in: a reader of the mailbox, who has the undo links, must not use up its codes.
      limit: template === 'undo-code' ? rateLimits.undoCodesPerAccount : rateLimits.codesPerAccount,
      key: challenge.account_id,
    },
    ...(unverified ? unverifiedAddressBuckets(to) : []),
    ...(to.channel === 'sms'
      ? [
          { limit: rateLimits.smsPerAccount, key: challenge.account_id },
          unverified
            ? {
                limit: rateLimits.smsPerDayToUnverified,
                key: serviceWide,
                max: maxSmsToUnverified(smsDailyCap),
              }
            : { limit: rateLimits.smsPerNumber, key: to.destination },
          { limit: rateLimits.smsPerDay, key: serviceWide, max: smsDailyCap },
        ]
      : []),
  )

  const code = newCode()
  const expiresAt = tx.now() + codeLifetimeMs
  await tx
    .updateTable('challenge')
    .set((row) => ({
      method,
      sent_to: to.destination,
      code_hash: hashOtp(tx, challenge.id, code),
      code_expires_at: expiresAt,
      sent_at: tx.now(),
      send_count: row('send_count', '+', 1),
    }))
    .where('id', '=', challenge.id)
    .execute()
  await enqueueNotification(tx, {
    accountId: challenge.account_id,
    to,
    template,
    params: {},
    secret: { kind: 'code', value: code, expiresAt },
  })

  return {
    status: 'codeSent',
    sentTo: mask(to.destination),
    expiresIn: codeLifetimeMs / second,
    retryAfter: resendCooldownMs / second,
  }
}

/** Rate limit buckets of a recipient that may belong to somebody else. */
function unverifiedAddressBuckets({ channel, destination: address }: Recipient): Bucket[] {
  if (channel === 'email')
    return [{ limit: rateLimits.codesPerUnverifiedAddress, key: mailboxOf(address) }]
  return [
    { limit: rateLimits.codesPerUnverifiedAddress, key: address },
    { limit: rateLimits.smsPerNumberRange, key: rangeOf(address) },
  ]
}

/** The block of 10,000 numbers, as assigned to companies, that contains a number in E.164. */
function rangeOf(number: string): string {
  return number.slice(0, -4)
}

/** Rate limit buckets of an attempt at a code of this account. */
export function codeAttemptBuckets(account: string): Bucket[] {
  return [
    { limit: rateLimits.wrongCodesPerHour, key: account },
    { limit: rateLimits.wrongCodesPerDay, key: account },
  ]
}
