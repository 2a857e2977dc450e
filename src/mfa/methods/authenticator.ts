import { consumeTimeStep, matchTimeStep, openTotpSecret } from '../totp/totp.ts'
import type { CodeMethod } from './method.ts'

/** A code from an authenticator app (TOTP, RFC 6238). */
export const authenticator: CodeMethod = {
  amr: 'otp',
  isEnrolled: (enrollment) => enrollment.authenticator,

  async verifyCode(tx, { account }, code) {
    const row = await tx
      .selectFrom('totp_secret')
      .select(['id', 'secret_sealed'])
      .where('account_id', '=', account)
      .where('confirmed_at', 'is not', null)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (!row) return false
    const step = matchTimeStep(
      openTotpSecret(tx.keyring, account, row.secret_sealed),
      code,
      tx.now(),
    )
    return step !== undefined && consumeTimeStep(tx, row.id, step)
  },
}
