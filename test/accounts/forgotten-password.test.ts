import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'

const minute = 60_000

onEachDatabase((latchkey) => {
  test('a forgotten password is set anew by the mailed code, and everyone is signed out', async () => {
    const ada = await latchkey.owner()
    const before = ada.password
    const reset = await ada.resetPassword('a whole new sentence')
    assert.deepEqual(reset.body, { status: 'passwordReset' })
    assert.equal(reset.headers.get('set-cookie'), null)

    assert.equal((await ada.get('/settings')).status, 401)
    const { email, refreshToken } = ada
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    assert.equal((await latchkey.post('/auth/SignIn', { email, password: before })).status, 401)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
  })

  test('the answer is the same for an address without an account, which gets another message', async () => {
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

  test('a reset does not lead past the second factor', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.resetPassword('a whole new sentence')
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')
  })

  test('after a reset by email, a code by email is not taken as the second factor where there is another', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.turnOn('authenticator')
    await ada.resetPassword('a whole new sentence')
    const { mfaToken, availableMethods } = (await ada.signIn()).body
    assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])
    const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'email' })
    assert.equal(sent.status, 409)
    await ada.signInFully()

    // Whoever sets the password in a session has shown more than the mailbox.
    await ada.changePassword('yet another sentence')
    const again = (await ada.signIn()).body
    assert.deepEqual(again.availableMethods, ['authenticator', 'email', 'recoveryCode'])
  })

  test('where codes by email are the only method, a reset does not lock the owner out', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    travel(31_000)
    await ada.resetPassword('a whole new sentence')
    travel(31_000)
    assert.equal((await ada.signIn()).body.mfaMethod, 'email')
    await ada.signInFully()
  })

  test('forty resets by one code at once set one password', async () => {
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
    assert.ok(
      statuses.every((status) => [200, 401, 429].includes(status)),
      statuses.join(),
    )
  })

  test('a code is for one address, one use and fifteen minutes, and five wrong ones end it', async () => {
    const ada = await latchkey.owner()
    const eve = await latchkey.owner()
    const newPassword = 'a whole new sentence'
    const ask = ({ email }: { email: string }) => latchkey.post('/auth/ForgotPassword', { email })
    const reset = (email: string, code: string) =>
      latchkey.post('/auth/ResetPassword', { email, code, newPassword })

    await ask(ada)
    const code = await latchkey.codeSentTo(ada.email)
    assert.equal((await reset(eve.email, code)).status, 401)
    travel(15 * minute)
    assert.equal((await reset(ada.email, code)).status, 401)

    await ask(ada)
    const second = await latchkey.codeSentTo(ada.email)
    const wrong = second === '000000' ? '000001' : '000000'
    for (let i = 0; i < 5; i += 1) assert.equal((await reset(ada.email, wrong)).status, 401)
    assert.equal((await reset(ada.email, second)).status, 401)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
  })

  test('there is no new password without the mailed proof', async () => {
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

  test('a change of the password makes a mailed code void', async () => {
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
