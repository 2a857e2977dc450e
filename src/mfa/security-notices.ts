import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import { ignoreIfRateLimited } from '../rate-limits/rate-limiter.ts'
import type { LockedAccount } from '../sessions/guard.ts'
import { deleteTrustedDevices } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/transaction.ts'
import type { SendCodeDeps } from '../verification/send-code.ts'
import type { Enrollment } from './methods/method.ts'

/** Whoever guesses codes knows the password, which its owner should hear. */
export async function notifyOfGuessing(
  tx: Tx,
  { rateLimiter }: SendCodeDeps,
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
    template: 'codes-guessed',
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
