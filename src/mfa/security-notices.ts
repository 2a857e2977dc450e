import { day } from '../lib/clock.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import { ignoreIfRateLimited, type RateLimit } from '../rate-limits/rate-limiter.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'
import type { SendCodeDeps } from '../verification/send-code.ts'

/** Wrong codes in a day that are taken for the owner's own slips, over however many sign-ins. */
const toleratedWrongCodes: RateLimit = {
  name: 'slips',
  max: 4,
  windowMs: day,
  problem: 'too_many_attempts',
}

/** Often enough to be noticed, seldom enough not to be a nuisance. */
const guessingNotices: RateLimit = {
  name: 'guessing-told',
  max: 1,
  windowMs: day,
  problem: 'too_many_messages',
}

/** Notifies the owner of wrong codes beyond a few typos: someone who guesses codes knows the password. */
export async function notifyOfGuessing(
  tx: Tx,
  { rateLimiter }: SendCodeDeps,
  account: LockedAccount,
): Promise<void> {
  if (
    await rateLimiter
      .consume(tx, { limit: toleratedWrongCodes, key: account.id })
      .catch(ignoreIfRateLimited)
  )
    return
  const reservation = await rateLimiter
    .consume(tx, { limit: guessingNotices, key: account.id })
    .catch(ignoreIfRateLimited)
  if (!reservation) return
  await enqueueNotification(tx, {
    accountId: account.id,
    to: { channel: 'email', destination: account.email },
    template: 'codes-guessed',
    params: { at: tx.now() },
  })
}
