import type { MfaMethod } from '../config/settings.ts'
import type { Amr } from '../sessions/assurance.ts'
import type { CodeSent } from '../verification/send-code.ts'
import type { CredentialDescriptor } from './passkey/webauthn.ts'

/** A factor that the owner has just verified, and the changes that enrol it. */
export interface VerifiedFactor {
  method: MfaMethod
  /** Authentication methods of a sign-in by it (RFC 8176). */
  amr: Amr[]
  /** For `sms` and `email`: where the code went. */
  sentTo?: string
  /** Whether the account could not sign in by it before: it was not enrolled, or pending. */
  isNew: boolean
  /** Enrolls the factor in an MFA epoch; runs after the snapshot was taken. */
  enroll?: (epoch: number) => Promise<unknown>
}

/**
 * The result of verifying a factor: a code was sent, a passkey assertion is required, the factor is
 * verified, the code was wrong, or there is nothing to do. `wrong` is a value, not an exception,
 * because the transaction must commit: the attempt counts.
 */
export type FactorVerification =
  | { sent: CodeSent }
  | {
      assertionRequest: {
        challenge: string
        allowed: CredentialDescriptor[]
        requireUserVerification: boolean
      }
    }
  | { factor: VerifiedFactor }
  | 'wrong'
  | 'alreadyOn'
