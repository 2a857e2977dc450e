import type { Method } from './method.ts'

/** A passkey (WebAuthn). It types no code: it signs a challenge, see src/passkeys/. */
export const passkey: Method = {
  isSetUp: (setUp) => setUp.passkeys > 0,
}
