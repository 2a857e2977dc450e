import { matchesOtp } from '../../verification/otp.ts'
import type { CodeMethod } from './method.ts'

/** Judges a code that was sent. The challenge it belongs to is the caller's to use up. */
export const verifySentCode: CodeMethod['verifyCode'] = async (
  _tx,
  keyring,
  _enrollment,
  code,
  sent,
) => matchesOtp(keyring, code, sent)
