import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  test('changing the password needs the current one, ends other sessions and tells the owner', async () => {
    const ada = await latchkey.owner()
    const other = (await ada.signIn()).body
    const newPassword = 'a whole new sentence'
    const wrong = await ada.put('/settings/Password', { currentPassword: 'not it', newPassword })
    assert.equal(wrong.status, 401)
    assert.equal(wrong.body.code, 'invalid_credentials')

    await ada.changePassword(newPassword)
    assert.equal((await latchkey.get('/settings', { token: other.accessToken })).status, 401)
    assert.equal((await ada.get('/settings')).status, 200)
    const [message] = await latchkey.inbox(ada.email)
    assert.match(message?.subject ?? '', /password .* was changed/)
    assert.match(message?.text ?? '', /\/undo#token=/)
  })

  test('guesses of the current password are counted, ten an hour', async () => {
    const ada = await latchkey.owner()
    const guess = () =>
      ada.put('/settings/Password', { currentPassword: 'not it', newPassword: 'a new sentence' })
    const answers = await Promise.all(Array.from({ length: 15 }, guess))
    const judged = answers.filter(({ status }) => status === 401)
    assert.equal(judged.length, 10)
    const { currentPassword = ada.password } = {}
    const right = await ada.put('/settings/Password', {
      currentPassword,
      newPassword: 'a new sentence',
    })
    assert.equal(right.status, 429)
    // Only the session that guessed is stopped.
    assert.equal((await ada.signIn()).body.status, 'signedIn')
  })

  test('a new password is held to the same rules as a first one', async () => {
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
