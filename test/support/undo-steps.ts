import { travel } from './clock.ts'
import type { ApiResponse, TestLatchkey } from './latchkey.ts'
import type { Owner } from './owner.ts'
import { type Passkey, startPasskeySignIn } from './passkeys.ts'
import { assertMfaRequired, assertStatus } from './responses.ts'

const day = 86_400_000

/** Steps of undos that take a second factor, too, because the MFA epoch has settled. */
export function undoSteps(latchkey: TestLatchkey) {
  const undo = (token: string, factor: object = {}) =>
    latchkey.post('/auth/Undo', { token, ...factor })

  /** An owner whose MFA has been on for so long that its epoch has settled. */
  async function settledOwner(): Promise<Owner> {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travel(7 * day)
    await ada.signInFully()
    return ada
  }

  /** Starts an undo, which takes a second factor. */
  async function challengeOf(token: string) {
    const challenged = assertStatus(await undo(token), 200)
    return { ...assertMfaRequired(challenged), methods: challenged.body.availableMethods }
  }

  /** Undoes a change with a code. */
  async function undoWith(token: string, mfaMethod: string, code: string): Promise<ApiResponse> {
    const { mfaToken } = await challengeOf(token)
    return undo(token, { mfaToken, mfaMethod, code })
  }

  async function undoWithPasskey(token: string, passkey: Passkey): Promise<ApiResponse> {
    const { mfaToken } = await challengeOf(token)
    const { body } = await startPasskeySignIn(latchkey, { mfaToken })
    return undo(token, { passkeyToken: body.passkeyToken, response: passkey.get(body.options) })
  }

  return { undo, settledOwner, challengeOf, undoWith, undoWithPasskey }
}
