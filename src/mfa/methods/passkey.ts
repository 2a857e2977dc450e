import type { Method } from './method.ts'

/** A passkey (WebAuthn). It types no code: it signs a challenge, see src/mfa/passkey/. */
export const passkey: Method = {
  isEnrolled: (enrollment) => enrollment.passkeys > 0,
}
