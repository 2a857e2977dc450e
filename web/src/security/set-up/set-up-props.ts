import type { MfaSignInOn, Settings } from '../../../../client/latchkey.ts'

/** What each way of setting up the second step needs. */
export interface SetUpProps {
  /** Undefined where nothing but setting up is allowed. */
  settings: Settings | undefined
  onDone: (mfaSignIn: MfaSignInOn) => void
  onCancel: (() => void) | undefined
}
