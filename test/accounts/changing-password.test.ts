import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  // Abuse case (MFA changed by an attacker): An open session was enough to
  // change the password.
  test('changing the password requires the current one, ends other sessions and notifies the owner', async () => {
    const ada = await latchkey.owner()
    const other = (await ada.signIn()).body
    const newPassword = 'a whole new sentence'
    const wrong = await ada.put('/settings/Password', { currentPassword: 'not it', newPassword })
    assert.equal(wrong.status, 401)
    assert.equal(wrong.body.code, 'invalid_credentials')

    await ada.changePassword(newPassword)
    assert.equal((await latchkey.get('/settings', { token: other.accessToken })).status, 401)
    const { refreshToken } = other
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    assert.equal((await ada.get('/settings')).status, 200)
    const { activity } = (await ada.get('/settings/Activity')).body
    assert.equal(activity[0].type, 'password.changed')
    const [message] = await latchkey.inbox(ada.email)
    assert.match(message?.subject ?? '', /password .* was changed/)
    assert.match(message?.text ?? '', /\/undo#token=/)
  })

  test('after a password change the new password signs in, and the old one does not', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    const refused = { currentPassword: 'not it', newPassword: 'the sentence of a thief' }
    await ada.put('/settings/Password', refused)
    assert.equal((await ada.signIn()).status, 200)
    await ada.changePassword('a whole new sentence')
    assert.equal((await ada.signIn()).status, 200)
    for (const wrong of [password, refused.newPassword]) {
      const { status } = await latchkey.post('/auth/SignIn', { email, password: wrong })
      assert.equal(status, 401)
    }
  })

  test('of ten concurrent password changes, one succeeds', async () => {
    const ada = await latchkey.owner()
    const { email, password: currentPassword } = ada
    const choices = Array.from({ length: 10 }, (_, i) => `a whole new sentence ${i}`)
    const answers = await Promise.all(
      choices.map((newPassword) => ada.put('/settings/Password', { currentPassword, newPassword })),
    )
    const newPasswords = choices.filter((_, i) => answers[i]?.status === 200)
    assert.equal(newPasswords.length, 1)
    const [password] = newPasswords
    assert.equal((await latchkey.post('/auth/SignIn', { email, password })).status, 200)
    const changes = (await latchkey.inbox(email)).filter(({ subject }) => /changed/.test(subject))
    assert.equal(changes.length, 1)
  })

  test('password changes with the right current password are not limited', async () => {
    const ada = await latchkey.owner()
    for (let i = 0; i < 11; i++) await ada.changePassword(`a whole new sentence ${i}`)
  })

  // Abuse case (Guessing): An open session allowed unlimited guesses of the password.
  test('wrong current passwords are limited to ten an hour per session', async () => {
    const ada = await latchkey.owner()
    const { accessToken: token } = (await ada.signIn()).body
    const guess = () =>
      ada.put('/settings/Password', { currentPassword: 'not it', newPassword: 'a new sentence' })
    const answers = await Promise.all(Array.from({ length: 15 }, guess))
    const checked = answers.filter(({ status }) => status === 401)
    assert.equal(checked.length, 10)
    const body = { currentPassword: ada.password, newPassword: 'a new sentence' }
    assert.equal((await ada.put('/settings/Password', body)).status, 429)
    // The limit stops only the session that guessed.
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    assert.equal((await ada.put('/settings/Password', body, { token })).status, 200)
  })

  test('a new password must meet the same rules as a first one', async () => {
    const ada = await latchkey.owner()
    for (const newPassword of ['short', 'password1', ada.email, 'x'.repeat(1025)]) {
      const { status, body } = await ada.put('/settings/Password', {
        currentPassword: ada.password,
        newPassword,
      })
      assert.equal(status, 400)
      assert.equal(body.errors[0].path, '/newPassword')
    }
  })
})
