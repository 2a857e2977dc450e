import type { Keyring } from '../keys/keyring.ts'
import { day, hour, minute, second, secondsUntil } from '../lib/clock.ts'
import { mailboxOf } from '../lib/email-address.ts'
import { mask } from '../lib/mask.ts'
import { rangeOf } from '../lib/phone-number.ts'
import { Problem } from '../lib/problem.ts'
import { newCode } from '../lib/random.ts'
import { enqueueNotification, type Recipient } from '../notifications/outbox.ts'
import type { Channel } from '../notifications/transport.ts'
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

/** Codes sent for one account: more than anyone needs, few enough to annoy nobody. */
const codesPerAccount: RateLimit = {
  name: 'codes-sent',
  max: 20,
  windowMs: hour,
  problem: 'too_many_messages',
}

/**
 * Codes to an address or a number that whoever asks has yet to prove: it may be somebody else's.
 * They are counted apart from its owner's, who is not barred by them.
 */
const codesPerUnverifiedAddress: RateLimit = {
  name: 'codes-to-unproven',
  max: 10,
  windowMs: day,
  problem: 'too_many_messages',
}

/** Texts for one account, to whatever numbers. */
const smsPerAccount: RateLimit = {
  name: 'texts-for',
  max: 20,
  windowMs: day,
  problem: 'too_many_messages',
}

/** Texts to one number, for all accounts that have proven it. */
const smsPerNumber: RateLimit = {
  name: 'texts-to',
  max: 20,
  windowMs: day,
  problem: 'too_many_messages',
}

/**
 * Texts to unproven numbers of one range: thieves who earn by texts have many in a row. Those that
 * were proven don't count, or strangers could bar whoever has a number beside theirs.
 */
const smsPerNumberRange: RateLimit = {
  name: 'texts-to-range',
  max: 100,
  windowMs: day,
  problem: 'too_many_messages',
  alarm: 'many new numbers of one range ask for texts, as thieves do: a text was not sent',
}

/** Texts over the whole service: texts cost money, and thieves earn by them. */
const smsPerDay = (max: number): RateLimit => ({
  name: 'texts',
  max,
  windowMs: day,
  problem: 'sms_unavailable',
  alarm: 'LATCHKEY_SMS_DAILY_CAP is reached: a text was not sent',
})

const serviceWide = 'everyone'

/** Text messages that count against the daily cap. */
export function countSmsLast24h(db: Db): Promise<number> {
  return countHits(db, { limit: smsPerDay(0), key: serviceWide })
}

export type CodeTemplate = 'sign-in-code' | 'set-up-code' | 'address-code'

export interface SendCodeDeps {
  keyring: Keyring
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
  const { keyring, rateLimiter, smsDailyCap } = deps
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
    { limit: codesPerAccount, key: challenge.account_id },
    ...(unverified ? unverifiedAddressBuckets(to) : []),
    ...(to.channel === 'sms'
      ? [
          { limit: smsPerAccount, key: challenge.account_id },
          ...(unverified ? [] : [{ limit: smsPerNumber, key: to.destination }]),
          { limit: smsPerDay(smsDailyCap), key: serviceWide },
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
      code_hash: hashOtp(keyring, challenge.id, code),
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
    secret: { kind: 'code', value: code, expiresAt: expiresAt },
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
  if (channel === 'email') return [{ limit: codesPerUnverifiedAddress, key: mailboxOf(address) }]
  return [
    { limit: codesPerUnverifiedAddress, key: address },
    { limit: smsPerNumberRange, key: rangeOf(address) },
  ]
}

/**
 * Wrong codes of one account, over all challenges, methods, addresses and nodes. Whoever gets here
 * has given the right password, so a stranger can't use it up.
 */
const wrongCodesPerHour: RateLimit = {
  name: 'wrong-codes',
  max: 20,
  windowMs: hour,
  problem: 'too_many_attempts',
}

/** The same over a day, so that patience does not pay either. */
const wrongCodesPerDay: RateLimit = {
  name: 'wrong-codes-day',
  max: 50,
  windowMs: day,
  problem: 'too_many_attempts',
}

/** Rate limit buckets of an attempt at a code of this account. */
export function codeAttemptBuckets(account: string): Bucket[] {
  return [
    { limit: wrongCodesPerHour, key: account },
    { limit: wrongCodesPerDay, key: account },
  ]
}
