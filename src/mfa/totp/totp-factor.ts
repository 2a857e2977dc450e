import { Problem } from '../../lib/problem.ts'
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { activeMfaMethod, isCurrent } from '../../store/mfa-state.ts'
import type { Tx } from '../../store/transaction.ts'
import { codeAttemptBuckets } from '../../verification/send-code.ts'
import { authenticator } from '../methods/authenticator.ts'
import type { FactorVerification } from '../verified-factor.ts'
import { matchTimeStep, openTotpSecret, verifyTotpCode } from './totp.ts'
import { confirmTotpSecret, enrollTotpSecret } from './totp-secret.ts'

/**
 * Verifies a code from the authenticator app. The first correct code of a new secret confirms it,
 * which replaces the secret in use.
 *
 * @throws Problem `method_not_set_up` without any secret, `invalid_request` without a code,
 * `too_many_attempts`
 */
export async function verifyTotpFactor(
  tx: Tx,
  { rateLimiter }: { rateLimiter: RateLimiter },
  account: LockedAccount,
  code: string | undefined,
): Promise<FactorVerification> {
  const secrets = await tx
    .selectFrom('totp_secret')
    .select(['id', 'secret_sealed', 'confirmed_at', 'mfa_epoch'])
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    .execute()
  const unconfirmed = secrets.find((row) => row.confirmed_at === null)
  if (secrets.length === 0) {
    throw new Problem(
      'method_not_set_up',
      'Set up an authenticator app first: POST /settings/MfaSecret.',
    )
  }
  if (code === undefined) {
    if (activeMfaMethod(account) === 'authenticator' && !unconfirmed) return 'alreadyOn'
    const errors = [{ path: '/code', message: 'is missing: enter the code shown in the app' }]
    throw new Problem('invalid_request', 'Enter the code shown in the app.', { errors })
  }

  const reservation = await rateLimiter.consume(tx, ...codeAttemptBuckets(account.id))
  const step =
    unconfirmed &&
    matchTimeStep(openTotpSecret(tx.keyring, account.id, unconfirmed.secret_sealed), code, tx.now())
  if (unconfirmed && step !== undefined) {
    await rateLimiter.refund(tx, reservation)
    const enroll = (epoch: number) => confirmTotpSecret(tx, account, unconfirmed.id, step, epoch)
    return { factor: { method: 'authenticator', amr: [authenticator.amr], isNew: true, enroll } }
  }
  const confirmed = secrets.find((row) => row.confirmed_at !== null)
  if (!confirmed || !(await verifyTotpCode(tx, account.id, confirmed, code))) return 'wrong'
  await rateLimiter.refund(tx, reservation)
  return {
    factor: {
      method: 'authenticator',
      amr: [authenticator.amr],
      isNew: !isCurrent(account, confirmed.mfa_epoch),
      enroll: (epoch) => enrollTotpSecret(tx, account, epoch),
    },
  }
}
