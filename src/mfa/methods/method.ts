import type { Recipient } from '../../notifications/outbox.ts'
import type { Amr } from '../../sessions/assurance.ts'
import type { Tx } from '../../store/transaction.ts'
import type { SentOtp } from '../../verification/otp.ts'

/** The second factors that an account has enrolled. */
export interface Enrollment {
  account: string
  authenticator: boolean
  phoneNumber: string | null
  email: string | null
  recoveryCodes: number
  passkeys: number
}

/** A method of the second factor. Each is a file beside this one. */
export interface Method {
  isEnrolled(enrollment: Enrollment): boolean
}

/** A method whose factor is a typed code. */
export interface CodeMethod extends Method {
  /** The authentication method of a sign-in by it (RFC 8176). */
  amr: Amr
  /** The recipient of its codes; undefined for methods that send none. */
  destination?(enrollment: Enrollment): Recipient | undefined
  /**
   * Verifies a code and consumes it, so that it is accepted once. The caller applies rate limits and
   * consumes the challenge.
   */
  verifyCode(tx: Tx, enrollment: Enrollment, code: string, sent: SentOtp): Promise<boolean>
}
