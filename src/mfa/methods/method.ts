import type { Sent } from '../../codes/sent-code.ts'
import type { Keys } from '../../lib/keys.ts'
import type { Recipient } from '../../messages/outbox.ts'
import type { Amr } from '../../sessions/strength.ts'
import type { Tx } from '../../store/open.ts'

/** What an account has set up by which a second factor could be shown. */
export interface SetUp {
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
  isSetUp(setUp: SetUp): boolean
}

/** One whose answer is a code that somebody types. */
export interface CodeMethod extends Method {
  /** What a sign-in by it says of itself (RFC 8176). */
  amr: Amr
  /** Where its codes go; undefined for methods that send none. */
  destination?(setUp: SetUp): Recipient | undefined
  /**
   * Whether `code` is right. If so it is used up: no one is told yes for it again.
   *
   * Limits, and the challenge itself, are the caller's.
   */
  accept(tx: Tx, keys: Keys, setUp: SetUp, code: string, sent: Sent): Promise<boolean>
}
