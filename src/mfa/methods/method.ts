import type { Keyring } from '../../keys/keyring.ts'
import type { Recipient } from '../../notifications/outbox.ts'
import type { Amr } from '../../sessions/assurance.ts'
import type { Tx } from '../../store/transaction.ts'
import type { SentOtp } from '../../verification/otp.ts'

/** What an account has set up by which a second factor could be shown. */
export interface Enrollment {
  account: string
  authenticator: boolean
  phoneNumber: string | null
  email: string | null
  recoveryCodes: number
  passkeys: number
}

/** One way of showing a second factor. Each is a file beside this one. */
export interface Method {
  /** Whether the account can use it. */
  isEnrolled(enrollment: Enrollment): boolean
}

/** One whose answer is a code that somebody types. */
export interface CodeMethod extends Method {
  /** What a sign-in by it says of itself (RFC 8176). */
  amr: Amr
  /** Where its codes go; undefined for methods that send none. */
  destination?(enrollment: Enrollment): Recipient | undefined
  /**
   * Whether `code` is right. If so it is used up: no one is told yes for it again.
   *
   * Limits, and the challenge itself, are the caller's.
   */
  verifyCode(
    tx: Tx,
    keyring: Keyring,
    enrollment: Enrollment,
    code: string,
    sent: SentOtp,
  ): Promise<boolean>
}
