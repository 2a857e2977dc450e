/** Between an undo and the new password, nothing gives a session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { countLiveSessions } from '../support/mfa.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase((latchkey) => {
  // Abuse case (Undo): After an undo the thief’s
  // password, session, device or pending sign-in still gave access.
  test('after an undo nothing gives a session: sign-in, passkey, trusted device, reauthentication, refresh, sign-up', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { email, password } = ada
    const { mfaToken } = (await ada.signIn()).body
    const code = ada.authenticator.nextCode()
    const remembered = { mfaToken, code, rememberDevice: true }
    const { deviceToken } = ada.storeTokens(
      await latchkey.post('/auth/SignIn/Mfa', remembered),
    ).body
    const signUp = { email, password: 'the sentence of a thief' }
    const passkey = await addPasskey(latchkey, ada)
    await ada.post('/settings/RecoveryCodes')
    const token = await undoTokenSentTo(latchkey, email, /recovery codes/)
    const pendingMfaToken = (await ada.signIn()).body.mfaToken
    assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)

    const { refreshToken } = ada
    const answer = { mfaToken: pendingMfaToken, code: ada.authenticator.nextCode() }
    for (const refused of [
      await latchkey.post('/auth/SignIn', { email, password, deviceToken }),
      await latchkey.post('/auth/SignIn/Mfa', answer),
      await signInWithPasskey(latchkey, passkey),
      await ada.post('/auth/Reauthenticate', { password }),
      await latchkey.post('/auth/Refresh', { refreshToken }),
    ]) {
      assert.equal(refused.status, 401)
    }
    await latchkey.post('/auth/SignUp', signUp)
    const [message] = await latchkey.inbox(email)
    assert.doesNotMatch(message?.text ?? '', /\b[0-9]{6}\b/)
    assert.equal(await countLiveSessions(latchkey, ada), 0)
  })

  // Abuse case (Undo): Strangers could learn that an
  // account needs a new password.
  test('after an undo, the right password gets password_reset_required, and a wrong one invalid_credentials', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { email, password } = ada
    await ada.post('/settings/RecoveryCodes')
    const token = await undoTokenSentTo(latchkey, email, /recovery codes/)
    await latchkey.post('/auth/Undo', { token })
    const right = await latchkey.post('/auth/SignIn', { email, password })
    assert.equal(right.body.code, 'password_reset_required')
    const wrong = await latchkey.post('/auth/SignIn', { email, password: `${password}!` })
    assert.equal(wrong.body.code, 'invalid_credentials')
  })

  // Abuse case (Undo): The token that sets the new
  // password worked twice or never expired.
  test('a reset token sets one new password, within an hour, and is void after the next undo', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.post('/settings/RecoveryCodes')
    travel(1000)
    const older = await undoTokenSentTo(latchkey, ada.email, /recovery codes/)
    await ada.changePassword('the sentence of a thief')
    const newer = await undoTokenSentTo(latchkey, ada.email, /password/)
    const newPassword = 'a whole new sentence'
    const reset = (resetToken: string) =>
      latchkey.post('/auth/ResetPassword', { resetToken, newPassword })

    const firstResetToken = (await latchkey.post('/auth/Undo', { token: newer })).body.resetToken
    const secondResetToken = (await latchkey.post('/auth/Undo', { token: older })).body.resetToken
    assert.equal((await reset(firstResetToken)).status, 401)
    const answers = await Promise.all(Array.from({ length: 20 }, () => reset(secondResetToken)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)

    const ben = await latchkey.owner({ mfaMethod: 'email' })
    await ben.post('/settings/RecoveryCodes')
    const token = await undoTokenSentTo(latchkey, ben.email, /recovery codes/)
    const lateResetToken = (await latchkey.post('/auth/Undo', { token })).body.resetToken
    travel(3_600_000)
    assert.equal((await reset(lateResetToken)).status, 401)
  })

  // Abuse case (MFA changed by an attacker): Sessions survived a password
  // reset or a deletion (GHSA-2vg6-77g8-24mp, CVE-2023-22492, CVE-2026-43983).
  test('a reset or a deletion that races sign-ins and refreshes leaves no session alive', async () => {
    for (let round = 0; round < 4; round += 1) {
      const ada = await latchkey.owner()
      const { email, password } = ada
      const { refreshToken } = (await ada.signIn()).body
      await latchkey.post('/auth/ForgotPassword', { email })
      const code = await latchkey.codeSentTo(email)
      const end = () =>
        round % 2 === 0
          ? latchkey.post('/auth/ResetPassword', { email, code, newPassword: 'a new sentence' })
          : ada.delete('/settings/Account', { body: { password } })
      const signIn = () => latchkey.post('/auth/SignIn', { email, password })
      const refresh = () => latchkey.post('/auth/Refresh', { refreshToken })
      const [ended, ...others] = await Promise.all([
        end(),
        signIn(),
        refresh(),
        signIn(),
        refresh(),
      ])
      assert.ok([200, 204].includes(ended.status))
      assert.ok(others.every(({ status }) => [200, 401].includes(status)))
      assert.equal(await countLiveSessions(latchkey, ada), 0)
    }
  })
})
