import type { Recipient } from '../../notifications/outbox.ts'
import type { Amr } from '../../sessions/assurance.ts'
import type { Tx } from '../../store/transaction.ts'
import type { SentOtp } from '../../verification/otp.ts'

/** Second factors of an account. */
export interface Enrollment {
  account: string
  authenticator: boolean
  /** The number that codes by text go to. */
  phoneNumber: string | null
  email: string | null
  recoveryCodes: number
  passkeys: number
  /** Ids of removed credentials that count all the same: those that an undo is about to restore. */
  removed: readonly string[]
}

/** All second factors of an account. While MFA is off, every one is current: `isCurrent`. */
export interface Enrollments {
  /** The factors that sign in. */
  current: Enrollment
  /** The factors that open nothing until their owner proves them once more. */
  pending: Enrollment
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
