import type { CodeMethod } from './method.ts'
import { verifySentCode } from './verify-sent-code.ts'

/** A code by text message, to the verified number. */
export const sms: CodeMethod = {
  amr: 'sms',
  isEnrolled: (enrollment) => enrollment.phoneNumber !== null,
  destination: ({ phoneNumber }) =>
    phoneNumber === null ? undefined : { channel: 'sms', destination: phoneNumber },
  verifyCode: verifySentCode,
}
