import { notRemoved } from '../../undo/snapshot.ts'
import { verifyTotpCode } from '../totp/totp.ts'
import type { CodeMethod } from './method.ts'

/** A code from an authenticator app (TOTP, RFC 6238). */
export const authenticator: CodeMethod = {
  amr: 'otp',
  isEnrolled: (enrollment) => enrollment.authenticator,

  async verifyCode(tx, enrollment, code) {
    const { account } = enrollment
    const rows = await tx
      .selectFrom('totp_secret')
      .select(['id', 'secret_sealed'])
      .where('account_id', '=', account)
      .where('confirmed_at', 'is not', null)
      .where(notRemoved(enrollment.removed))
      .where('mfa_epoch', '=', (row) =>
        row.selectFrom('account').select('account.mfa_epoch').where('account.id', '=', account),
      )
      .execute()
    for (const row of rows) if (await verifyTotpCode(tx, account, row, code)) return true
    return false
  },
}
