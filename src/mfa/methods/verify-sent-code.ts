import { matchesOtp } from '../../verification/otp.ts'
import type { CodeMethod } from './method.ts'

/** Verifies a code that was sent. The caller consumes its challenge. */
export const verifySentCode: CodeMethod['verifyCode'] = async (tx, _enrollment, code, sent) =>
  matchesOtp(tx, code, sent)
