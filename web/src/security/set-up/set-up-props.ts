import type { MfaSignInOn, Settings } from '../../../../client/latchkey.ts'

export interface SetUpProps {
  /** Undefined in a session that only allows setting up MFA. */
  settings: Settings | undefined
  onDone: (mfaSignIn: MfaSignInOn) => void
  onCancel: (() => void) | undefined
}
