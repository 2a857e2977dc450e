import type { CodeMethod } from './method.ts'
import { verifySentCode } from './verify-sent-code.ts'

/** A code by email, to the address that was verified for it. */
export const email: CodeMethod = {
  amr: 'email',
  isEnrolled: (enrollment) => enrollment.email !== null,
  destination: ({ email }) =>
    email === null ? undefined : { channel: 'email', destination: email },
  verifyCode: verifySentCode,
}
