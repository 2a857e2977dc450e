import type { MfaSignInOn, Settings } from '../../../../client/latchkey.ts'

export interface SetUpProps {
  /** Undefined in a session that only allows setting up MFA. */
  settings: Settings | undefined
  /** Whether the method is set up already and only needs its proof. The default method stays. */
  confirming?: boolean | undefined
  onDone: (mfaSignIn: MfaSignInOn) => void
  onCancel: (() => void) | undefined
}
