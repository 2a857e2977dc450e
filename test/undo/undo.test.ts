import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCleanUp } from '../support/clean-up.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey } from '../support/passkeys.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const day = 86_400_000

onEachDatabase((latchkey) => {
  const undo = (token: string) => latchkey.post('/auth/Undo', { token })

  /** Undoes a change with its token, and sets a new password. */
  async function restore(ada: Owner, token: string): Promise<void> {
    const undone = await undo(token)
    assert.equal(undone.status, 200, JSON.stringify(undone.body))
    assert.equal(undone.body.email, ada.email)
    ada.password = 'a new sentence of Ada'
    const { resetToken } = undone.body
    const newPassword = ada.password
    const reset = await latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
    assert.equal(reset.status, 200)
  }

  // Abuse case (Undo): An undo reverted one change and
  // left the thief’s other changes.
  test('one undo restores the owner after a thief turned MFA off, changed password, email and phone, and made new codes', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.turnOn('authenticator')
    const { email, password, phoneNumber, recoveryCodes, accessToken: token } = ada

    // The thief knows the password, has a strong session, and changes everything it allows.
    const thief = { email: `thief-${email}`, phoneNumber: '+14155559999', password: 'stolen it is' }
    assert.equal((await ada.post('/settings/RecoveryCodes')).status, 200)
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)
    const newPassword = thief.password
    const change = { currentPassword: password, newPassword }
    assert.equal((await ada.put('/settings/Password', change)).status, 200)
    const emailChange = { email: thief.email, currentPassword: newPassword }
    assert.equal((await ada.post('/settings/Email', emailChange)).status, 202)
    const code = await latchkey.codeSentTo(thief.email)
    assert.equal((await ada.post('/settings/Email', { email: thief.email, code })).status, 200)
    const number = { phoneNumber: thief.phoneNumber }
    await ada.post('/settings/PhoneNumber', number)
    const text = await latchkey.codeSentTo(thief.phoneNumber)
    assert.equal((await ada.post('/settings/PhoneNumber', { ...number, code: text })).status, 200)

    await restore(ada, await undoTokenSentTo(latchkey, email, /recovery codes/))

    assert.equal((await latchkey.get('/settings', { token })).status, 401)
    const thiefCredentials = { email: thief.email, password: thief.password }
    assert.equal((await latchkey.post('/auth/SignIn', thiefCredentials)).status, 401)
    await ada.signInFully()
    const { body } = await ada.get('/settings')
    assert.equal(body.email, email)
    assert.equal(body.phoneNumber.slice(-2), phoneNumber.slice(-2))
    assert.equal(body.mfaSignIn.mfaMethod, 'authenticator')
    const { mfaToken } = (await ada.signIn()).body
    const byCode = { mfaToken, mfaMethod: 'recoveryCode', code: recoveryCodes[0] }
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', byCode)).status, 200)

    // The undo links that the thief received are void.
    const thiefToken = await undoTokenSentTo(latchkey, thief.email, /phone number/)
    assert.equal((await undo(thiefToken)).status, 401)
    assert.equal((await ada.get('/settings')).body.email, email)
  })

  test('an undo that turns MFA on or off sets the time of its change, and no other undo does', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const changedAt = async () => (await ada.get('/settings/MfaSignIn')).body.changedAt
    const undoNewest = async (subject: RegExp) => {
      travel(60_000)
      await restore(ada, await undoTokenSentTo(latchkey, ada.email, subject))
      await ada.signInFully()
      return changedAt()
    }
    const on = await changedAt()
    await ada.changePassword('another sentence of Ada')
    assert.equal(await undoNewest(/password/i), on)

    await ada.delete('/settings/MfaSignIn')
    const off = await changedAt()
    const onAgain = await undoNewest(/ off$/)
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)
    assert.ok(off > on && onAgain > off, `${on}, ${off}, ${onAgain}`)
    // The link of turning it on leads to off.
    const offAgain = await undoNewest(/ on$/)
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
    assert.ok(offAgain > onAgain, `${onAgain}, ${offAgain}`)
  })

  test('after an undo neither the old nor the thief’s password signs in, until a new one is set', async () => {
    const ada = await latchkey.owner()
    const oldPassword = ada.password
    await ada.changePassword('what the thief chose')
    await undo(await undoTokenSentTo(latchkey, ada.email, /password/))
    for (const password of [oldPassword, ada.password]) {
      const { status, body } = await latchkey.post('/auth/SignIn', { email: ada.email, password })
      assert.equal(status, 401)
      assert.ok(['invalid_credentials', 'password_reset_required'].includes(body.code))
    }
    // A reset by email works without the reset token.
    await ada.resetPassword('a new sentence of Ada')
    await ada.signInFully()
  })

  // Abuse case (Undo): The link worked twice, or a
  // similar token was accepted (CVE-2025-46815).
  // Abuse case (Reuse of codes and tokens): Two concurrent requests both used one code.
  test('forty concurrent undos by one link succeed once, and the link then no longer works', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    const answers = await Promise.all(Array.from({ length: 40 }, () => undo(token)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 401).length, 39)
    assert.equal((await undo(token)).status, 401)
  })

  // Abuse case (Undo): A mail scanner undid the change
  // by opening the link.
  test('opening the undo link changes nothing', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    for (const path of ['/undo', `/undo?token=${token}`]) {
      assert.equal((await fetch(latchkey.origin + path)).status, 200)
      assert.equal((await fetch(latchkey.origin + path, { method: 'HEAD' })).status, 200)
    }
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
    assert.equal((await undo(token)).status, 200)
  })

  test('an undo is told at both addresses of the account, without a link', async () => {
    const ada = await latchkey.owner()
    const email = `second-${ada.email}`
    const request = { mfaMethod: 'email', email }
    assert.equal((await ada.post('/settings/MfaSignIn', request)).status, 202)
    const code = await latchkey.codeSentTo(email)
    assert.equal((await ada.post('/settings/MfaSignIn', { ...request, code })).status, 200)
    await ada.changePassword('the sentence of a thief')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    assert.equal((await undo(token)).status, 200)
    for (const address of [ada.email, email]) {
      const notices = (await latchkey.inbox(address)).filter(({ subject }) =>
        /was undone$/.test(subject),
      )
      assert.equal(notices.length, 1, address)
      assert.doesNotMatch(notices[0]?.text ?? '', /#token=/)
    }
  })

  test('on its seventh day, after clean-ups, a link brings back an app, a passkey and recovery codes', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const [code = ''] = ada.recoveryCodes
    await addPasskey(latchkey, ada)
    await ada.post('/settings/RecoveryCodes')
    const token = await undoTokenSentTo(latchkey, ada.email, /recovery codes/)
    await ada.delete('/settings/MfaSignIn')
    await ada.delete('/settings/MfaSecret')
    const { id } = (await ada.get('/settings/Passkeys')).body.passkeys[0]
    await ada.delete(`/settings/Passkeys/${id}`)
    travel(7 * day - 60_000)
    await runCleanUp(latchkey)

    await restore(ada, token)
    const { mfaToken, availableMethods } = (await ada.signIn()).body
    assert.deepEqual(availableMethods, ['passkey', 'authenticator', 'recoveryCode'])
    const answer = { mfaToken, mfaMethod: 'recoveryCode', code }
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', answer)).status, 200)
  })

  // Abuse case (Undo): Used codes became valid again.
  test('an undo resets no marks of use: a used recovery code and a used time step stay used', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const usedCode = ada.recoveryCodes[0]
    await ada.delete('/settings/MfaSecret', {}) // refused: the last method
    await ada.post('/settings/RecoveryCodes')
    const token = await undoTokenSentTo(latchkey, ada.email, /recovery codes/)
    await restore(ada, token)
    const firstToken = (await ada.signIn()).body.mfaToken
    const answer = { mfaMethod: 'recoveryCode', code: usedCode }
    assert.equal(
      (await latchkey.post('/auth/SignIn/Mfa', { mfaToken: firstToken, ...answer })).status,
      200,
    )

    // Used, replaced and restored.
    await ada.signInFully()
    const stepCode = ada.authenticator.code()
    await ada.post('/settings/RecoveryCodes')
    await restore(ada, await undoTokenSentTo(latchkey, ada.email, /recovery codes/))
    const secondToken = (await ada.signIn()).body.mfaToken
    const again = await latchkey.post('/auth/SignIn/Mfa', { mfaToken: secondToken, ...answer })
    assert.equal(again.status, 401)
    const step = await latchkey.post('/auth/SignIn/Mfa', { mfaToken: secondToken, code: stepCode })
    assert.equal(step.status, 401)
  })

  test('an undo restores a replaced app, and removes the one that replaced it', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const ownSecret = ada.authenticator.secret
    await ada.enrollAuthenticator()
    await ada.turnOn('authenticator')
    const thiefSecret = ada.authenticator.secret
    assert.notEqual(ownSecret, thiefSecret)
    const token = await undoTokenSentTo(latchkey, ada.email, /was changed$/)
    await restore(ada, token)
    const { mfaToken } = (await ada.signIn()).body
    const stolen = await latchkey.post('/auth/SignIn/Mfa', {
      mfaToken,
      code: ada.authenticator.nextCode(),
    })
    assert.equal(stolen.status, 401)
    ada.authenticator.secret = ownSecret
    const code = ada.authenticator.nextCode()
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })).status, 200)
  })

  // Abuse case (Trusted devices): A remembered device outlived the change that should have ended
  // it.
  test('an undo voids pending sign-ins, emailed codes and remembered devices', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await ada.signIn()).body
    const code = ada.authenticator.nextCode()
    const trusted = await latchkey.post('/auth/SignIn/Mfa', {
      mfaToken,
      code,
      rememberDevice: true,
    })
    const { deviceToken } = trusted.body
    await ada.post('/settings/RecoveryCodes')
    const token = await undoTokenSentTo(latchkey, ada.email, /recovery codes/)
    const pendingMfaToken = (await ada.signIn()).body.mfaToken
    const { email } = ada
    await latchkey.post('/auth/ForgotPassword', { email })
    const mailed = await latchkey.codeSentTo(email)

    await restore(ada, token)
    const answer = { mfaToken: pendingMfaToken, code: ada.authenticator.nextCode() }
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', answer)).status, 401)
    const newPassword = 'the sentence of a thief'
    const reset = await latchkey.post('/auth/ResetPassword', { email, code: mailed, newPassword })
    assert.equal(reset.status, 401)
    const { password } = ada
    const again = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assert.equal(again.body.status, 'mfaRequired')
  })

  // Abuse case (Undo): One account’s link worked for
  // any other (CVE-2023-26481).
  test('an undo link undoes the change of its own account, and affects no other', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const bob = await latchkey.owner({ mfaMethod: 'email' })
    for (const owner of [ada, bob]) await owner.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    const named = await latchkey.post('/auth/Undo', { token, email: bob.email })
    assert.equal(named.status, 400)

    const { resetToken } = (await undo(token)).body
    const newPassword = 'the sentence of a thief'
    const { email } = bob
    const reset = await latchkey.post('/auth/ResetPassword', { email, resetToken, newPassword })
    assert.equal(reset.status, 400)
    assert.equal((await bob.get('/settings/MfaSignIn')).body.enabled, false)
    assert.equal((await bob.signIn()).body.status, 'signedIn')
    await restore(bob, await undoTokenSentTo(latchkey, bob.email, / off$/))
    assert.equal((await bob.signIn()).body.status, 'mfaRequired')
  })

  // Abuse case (Undo): The link worked twice, or a
  // similar token was accepted (CVE-2025-46815).
  // Abuse case (Sessions and tokens): A token without its end was still accepted (CVE-2026-27840).
  test('a forged, truncated or empty undo token undoes nothing', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    for (const forged of [token.slice(1), token.slice(0, -1), `${token}A`, 'x', ada.accessToken]) {
      assert.equal((await undo(forged)).status, 401)
    }
    assert.equal((await latchkey.post('/auth/Undo', { token: '' })).status, 400)
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
  })
})
