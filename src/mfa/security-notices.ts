import { enqueueNotification } from '../notifications/outbox.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import { ignoreIfRateLimited, type RateLimiter } from '../rate-limits/rate-limiter.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'

/** Notifies the owner of wrong codes beyond a few typos: someone who guesses codes knows the password. */
export async function notifyOfGuessing(
  tx: Tx,
  { rateLimiter }: { rateLimiter: RateLimiter },
  account: LockedAccount,
): Promise<void> {
  if (
    await rateLimiter
      .consume(tx, { limit: rateLimits.toleratedWrongCodes, key: account.id })
      .catch(ignoreIfRateLimited)
  )
    return
  const reservation = await rateLimiter
    .consume(tx, { limit: rateLimits.guessingNotices, key: account.id })
    .catch(ignoreIfRateLimited)
  if (!reservation) return
  await enqueueNotification(tx, {
    accountId: account.id,
    to: { channel: 'email', destination: account.email },
    template: 'code-guessing-detected',
    params: { at: tx.now() },
  })
}
