import { consumeRecoveryCode } from '../recovery-codes/recovery-codes.ts'
import type { CodeMethod } from './method.ts'

/** A one-time code kept on paper, for when every other method is lost. Never the default method. */
export const recoveryCode: CodeMethod = {
  amr: 'recovery_code',
  isEnrolled: (enrollment) => enrollment.recoveryCodes > 0,
  verifyCode: consumeRecoveryCode,
}
