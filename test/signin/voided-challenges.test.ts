/** A change of credentials voids the sign-ins that wait for their second factor. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { submitMfaCode } from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'

onEachDatabase((latchkey) => {
  const changes: Record<string, (ada: Owner) => Promise<unknown>> = {
    'a change of the password': (ada) => ada.changePassword('a whole new sentence'),
    'a reset of the password': (ada) => ada.resetPassword('a whole new sentence'),
    'new recovery codes': (ada) => ada.post('/settings/RecoveryCodes'),
    'a change of the address': async (ada) => {
      const email = `moved-${ada.email}`
      await ada.startEmailChange(email)
      await ada.post('/settings/Email', { email, code: await latchkey.codeSentTo(email) })
    },
    'the removal of the number': (ada) => ada.delete('/settings/PhoneNumber'),
    'the deletion of the account': (ada) =>
      ada.delete('/settings/Account', { body: { password: ada.password } }),
  }
  for (const [what, change] of Object.entries(changes)) {
    // Abuse case (MFA changed by an attacker): A sign-in started before the
    // change was completed after it.
    test(`a sign-in started before ${what} is void after it`, async () => {
      const ada = await latchkey.owner({ mfaMethod: 'sms' })
      await ada.turnOn('authenticator')
      const waiting = await ada.signIn()
      await change(ada)
      const late = await submitMfaCode(latchkey, waiting, { code: ada.authenticator.nextCode() })
      assert.equal(`${late.status} ${late.body.code}`, '401 mfa_token_expired')
      travel(31_000)
      const { mfaToken } = waiting.body
      const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' })
      assert.equal(sent.status, 401)
    })
  }

  // Abuse case (Guessing): A closed account was detected when a flow started, but not when it was
  // completed (CVE-2026-9798, CVE-2026-16103).
  test('a reset started before the account was deleted does not restore it', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    await latchkey.post('/auth/ForgotPassword', { email })
    const code = await latchkey.codeSentTo(email)
    await ada.delete('/settings/Account', { body: { password } })
    const newPassword = 'a whole new sentence'
    const reset = await latchkey.post('/auth/ResetPassword', { email, code, newPassword })
    assert.equal(reset.status, 401)
    for (const tried of [password, newPassword]) {
      const { body } = await latchkey.post('/auth/SignIn', { email, password: tried })
      assert.equal(body.code, 'invalid_credentials')
    }
  })
})
