import { matchesOtp } from '../../verification/otp.ts'
import type { CodeMethod } from './method.ts'

/** Verifies a code that was sent. The caller consumes its challenge. */
export const verifySentCode: CodeMethod['verifyCode'] = async (
  _tx,
  keyring,
  _enrollment,
  code,
  sent,
) => matchesOtp(keyring, code, sent)
