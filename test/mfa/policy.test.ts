import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeToken } from '../support/forge-token.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'
import { assertBody, assertStatus } from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase(
  (latchkey) => {
    test('where MFA is required, a token from before it is on can only set it up', async () => {
      const ada = await latchkey.owner()
      const begun = (await ada.signIn()).body
      assert.equal(begun.mfaSetUpRequired, true)
      for (const path of ['/settings', '/settings/Activity', '/settings/Sessions']) {
        const { status, body } = await ada.get(path)
        assert.equal(status, 403, path)
        assert.equal(body.code, 'mfa_set_up_required')
      }
      const { aud } = decodeToken(ada.accessToken).claims
      assert.notEqual(aud, latchkey.origin)
    })

    // Abuse case (Second factor skipped): Where MFA was required, a user without it got full
    // access by signing in again or refreshing (CVE-2026-94218).
    test('signing in again, refreshing or reauthenticating gives no full token either', async () => {
      const ada = await latchkey.owner()
      const { refreshToken, password } = ada
      for (const startOver of [
        () => ada.signIn(),
        () => latchkey.post('/auth/Refresh', { refreshToken }),
        () => ada.post('/auth/Reauthenticate', { password }),
      ]) {
        const answer = await startOver()
        assert.equal(answer.body.mfaSetUpRequired, true)
        const token = answer.body.accessToken
        assert.equal((await latchkey.get('/settings', { token })).status, 403)
      }
    })

    test('once MFA is on, a refresh gives a full token, and nobody can turn MFA off', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const { refreshToken } = ada
      ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
      assert.equal(decodeToken(ada.accessToken).claims.aud, latchkey.origin)
      assert.equal((await ada.get('/settings')).status, 200)
      const off = await ada.delete('/settings/MfaSignIn')
      assert.equal(off.status, 403)
      assert.equal(off.body.code, 'mfa_required_by_policy')
    })

    test('an undo turns MFA off even where the policy requires it, and the account can only set it up again', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const token = await undoTokenSentTo(latchkey, ada.email, / on$/)
      assertBody(await latchkey.post('/auth/Undo', { token }), 200, { undone: 'mfa.on' })
      await ada.resetPassword('a whole new sentence')
      assertBody(await ada.signIn(), 200, { status: 'signedIn', mfaSetUpRequired: true })
    })

    test('a passkey added before MFA is on is pending once another method turns it on', async () => {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, ada)
      assertBody(await ada.turnOn('authenticator'), 200, {
        availableMethods: ['authenticator'],
        pendingMethods: ['passkey'],
      })
      assertStatus(await signInWithPasskey(latchkey, passkey), 401)
    })

    test('the policy forbids turning MFA off even where it was never on', async () => {
      const ada = await latchkey.owner()
      const off = await ada.delete('/settings/MfaSignIn')
      assert.equal(off.status, 403)
      assert.equal(off.body.code, 'mfa_required_by_policy')
    })
  },
  { LATCHKEY_MFA_POLICY: 'required' },
)
