import type { TestLatchkey } from './latchkey.ts'
import { Owner } from './owner.ts'
import { signInWithPasskey } from './passkeys.ts'
import { assertMfaRequired, assertSignedIn } from './responses.ts'

/** Signs an owner whose MFA is on in by the password alone, as in a browser that the owner trusts. */
export async function openPasswordOnlySession(
  latchkey: TestLatchkey,
  owner: Owner,
): Promise<Owner> {
  const { email, password, phoneNumber, authenticator, passkey } = owner
  const { mfaToken, mfaMethod } = assertMfaRequired(await owner.signIn())
  const rememberDevice = true
  const answer =
    mfaMethod === 'passkey' && passkey
      ? await signInWithPasskey(latchkey, passkey, { mfaToken, rememberDevice })
      : await latchkey.post('/auth/SignIn/Mfa', {
          mfaToken,
          code: await owner.codeFor(mfaMethod),
          rememberDevice,
        })
  const { deviceToken } = assertSignedIn(answer)
  latchkey.markSecret(deviceToken)

  const second = new Owner(latchkey, { email, password, phoneNumber, authenticator })
  second.passkey = passkey
  second.storeTokens(await latchkey.post('/auth/SignIn', { email, password, deviceToken }))
  return second
}
