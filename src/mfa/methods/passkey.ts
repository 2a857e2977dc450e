import type { Method } from './method.ts'

/** A passkey (WebAuthn), which signs a challenge instead of giving a code: see src/mfa/passkey/. */
export const passkey: Method = {
  isEnrolled: (enrollment) => enrollment.passkeys > 0,
}
