import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { day } from '../lib/clock.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import { ignoreIfRateLimited, type RateLimit } from '../rate-limits/rate-limiter.ts'
import type { LockedAccount } from '../sessions/guard.ts'
import { deleteTrustedDevices } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/transaction.ts'
import type { SendCodeDeps } from '../verification/send-code.ts'
import type { Enrollment } from './methods/method.ts'

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

/** Whoever guesses codes knows the password, which its owner should hear. */
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
    template: 'code-guessing-detected',
    params: { at: tx.now() },
  })
}

/** Whoever needs a recovery code may have lost a device, so none is trusted any more. */
export async function notifyOfRecoveryCode(
  tx: Tx,
  account: LockedAccount,
  enrollment: Enrollment,
  client: Client,
): Promise<void> {
  const remaining = enrollment.recoveryCodes - 1
  await deleteTrustedDevices(tx, account.id)
  await activity.record(tx, account.id, {
    type: 'recovery_code.used',
    client,
    detail: { remaining },
  })
  await enqueueNotification(tx, {
    accountId: account.id,
    to: { channel: 'email', destination: account.email },
    template: 'recovery-code-used',
    params: { remaining, at: tx.now() },
  })
}
