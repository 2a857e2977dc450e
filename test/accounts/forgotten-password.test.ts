import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'

const minute = 60_000

onEachDatabase((latchkey) => {
  test('a reset with the emailed code sets a new password and ends every session', async () => {
    const ada = await latchkey.owner()
    const before = ada.password
    const reset = await ada.resetPassword('a whole new sentence')
    // No other field: a reset signs nobody in.
    const nothingLeft = { undoableChanges: [], passkeys: [] }
    assert.deepEqual(reset.body, { status: 'passwordReset', ...nothingLeft })
    assert.equal(reset.headers.get('set-cookie'), null)

    assert.equal((await ada.get('/settings')).status, 401)
    const { email, refreshToken } = ada
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    assert.equal((await latchkey.post('/auth/SignIn', { email, password: before })).status, 401)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
  })

  test('a reset notifies the owner with an undo link and is recorded in the activity', async () => {
    const ada = await latchkey.owner()
    await ada.resetPassword('a whole new sentence')
    const [message] = await latchkey.inbox(ada.email)
    assert.match(message?.subject ?? '', /password .* was changed/)
    assert.match(message?.text ?? '', /\/undo#token=/)
    await ada.signInFully()
    const { activity } = (await ada.get('/settings/Activity')).body
    assert.equal(activity[1].type, 'password.reset')
  })

  // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
  // (CVE-2024-41952).
  test('the response is identical for an address without an account, which gets a different email', async () => {
    const ada = await latchkey.owner()
    const nobody = `nobody-${ada.email}`
    const known = await latchkey.post('/auth/ForgotPassword', { email: ada.email })
    const unknown = await latchkey.post('/auth/ForgotPassword', { email: nobody })
    assert.equal(known.status, unknown.status)
    assert.deepEqual(known.body, unknown.body)
    const [message] = await latchkey.inbox(nobody)
    assert.match(message?.subject ?? '', /no Latchkey account/)
    assert.doesNotMatch(message?.text ?? '', /\b[0-9]{6}\b/)
  })

  // Abuse case (Second factor skipped): Resetting the password signed in and bypassed the
  // second factor (CVE-2026-128333).
  test('a password reset does not bypass the second factor', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.resetPassword('a whole new sentence')
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')
  })

  // Abuse case (Second factor skipped): One mailbox was both factors: it reset the password
  // and received the code.
  test('after a reset by email, codes by email are not accepted as the second factor where there is another', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email', { setDefault: false })
    await ada.resetPassword('a whole new sentence')
    const { mfaToken, availableMethods } = (await ada.signIn()).body
    assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])
    const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'email' })
    assert.equal(sent.status, 409)

    // A sign-in with the app proves more than access to the mailbox.
    await ada.signInFully()
    const begun = (await ada.signIn()).body
    assert.deepEqual(begun.availableMethods, ['authenticator', 'email', 'recoveryCode'])
  })

  test('a reset does not lock out an owner whose only method is codes by email', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    travel(31_000)
    await ada.resetPassword('a whole new sentence')
    travel(31_000)
    assert.equal((await ada.signIn()).body.mfaMethod, 'email')
    await ada.signInFully()
  })

  // Abuse case (Reuse of codes and tokens): Two concurrent requests both used one code.
  test('forty concurrent resets with one code set one password', async () => {
    const ada = await latchkey.owner()
    const { email } = ada
    await latchkey.post('/auth/ForgotPassword', { email })
    const code = await latchkey.codeSentTo(email)
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        latchkey.post('/auth/ResetPassword', { email, code, newPassword: `sentence number ${i}` }),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1)
    const password = `sentence number ${statuses.indexOf(200)}`
    assert.equal((await latchkey.post('/auth/SignIn', { email, password })).status, 200)
    assert.ok(
      statuses.every((status) => [200, 401, 429].includes(status)),
      statuses.join(),
    )
  })

  // Abuse case (MFA changed by an attacker): A reset was completed without
  // the emailed proof, or with another account’s (CVE-2026-18963, CVE-2023-26481).
  test('a reset code is valid for one address, one use and fifteen minutes', async () => {
    const ada = await latchkey.owner()
    const eve = await latchkey.owner()
    const requestCode = async ({ email }: { email: string }) => {
      const started = await latchkey.post('/auth/ForgotPassword', { email })
      assert.equal(started.body.expiresIn, 900)
      return latchkey.codeSentTo(email)
    }
    const reset = async (email: string, code: string) => {
      const newPassword = 'a whole new sentence'
      return (await latchkey.post('/auth/ResetPassword', { email, code, newPassword })).status
    }

    const code = await requestCode(ada)
    await requestCode(eve)
    assert.equal(await reset(eve.email, code), 401)
    travel(15 * minute)
    assert.equal(await reset(ada.email, code), 401)
    assert.equal((await ada.signIn()).body.status, 'signedIn')

    const secondCode = await requestCode(ada)
    travel(14 * minute)
    assert.equal(await reset(ada.email, secondCode), 200)
    assert.equal(await reset(ada.email, secondCode), 401)
  })

  test('a reset code sent to the old address is void once the address has changed', async () => {
    const ada = await latchkey.owner()
    const oldEmail = ada.email
    await latchkey.post('/auth/ForgotPassword', { email: oldEmail })
    const code = await latchkey.codeSentTo(oldEmail)
    const email = `moved-${oldEmail}`
    assert.equal((await ada.startEmailChange(email)).status, 202)
    const proof = { email, code: await latchkey.codeSentTo(email) }
    assert.equal((await ada.post('/settings/Email', proof)).status, 200)
    for (const address of [oldEmail, email]) {
      const body = { email: address, code, newPassword: 'the sentence of a thief' }
      assert.equal((await latchkey.post('/auth/ResetPassword', body)).status, 401)
    }
  })

  // Abuse case (MFA changed by an attacker): A reset was completed without
  // the emailed proof, or with another account’s (CVE-2026-18963, CVE-2023-26481).
  test('a password reset without the emailed proof is rejected', async () => {
    const ada = await latchkey.owner()
    const { email } = ada
    await latchkey.post('/auth/ForgotPassword', { email })
    const code = await latchkey.codeSentTo(email)
    const newPassword = 'a whole new sentence'
    for (const body of [
      { newPassword },
      { email, newPassword },
      { code, newPassword },
      { email, code: '', newPassword },
      { email, code, resetToken: 'x', newPassword },
      { resetToken: '', newPassword },
      { email, code },
    ]) {
      assert.equal((await latchkey.post('/auth/ResetPassword', body)).status, 400)
    }
    const forged = await latchkey.post('/auth/ResetPassword', { resetToken: code, newPassword })
    assert.equal(forged.status, 401)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
  })

  // Abuse case (Reuse of codes and tokens): An emailed reset code outlived the password
  // that it was meant to replace.
  test('changing the password voids an emailed reset code', async () => {
    const ada = await latchkey.owner()
    const { email } = ada
    await latchkey.post('/auth/ForgotPassword', { email })
    const code = await latchkey.codeSentTo(email)
    await ada.changePassword('a whole new sentence')
    const late = await latchkey.post('/auth/ResetPassword', {
      email,
      code,
      newPassword: 'the sentence of a thief',
    })
    assert.equal(late.status, 401)
  })
})
