import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  test('an account can have any number of sessions, and no sign-in ends another', async () => {
    const ada = await latchkey.owner()
    const tokens = [{ accessToken: ada.accessToken, refreshToken: ada.refreshToken }]
    for (let times = 0; times < 30; times += 1) tokens.push((await ada.signIn()).body)
    assert.equal(new Set(tokens.map(({ refreshToken }) => refreshToken)).size, tokens.length)

    const { sessions } = (await ada.get('/settings/Sessions')).body
    assert.equal(sessions.length, tokens.length)
    for (const { accessToken: token, refreshToken } of tokens) {
      assert.equal((await latchkey.get('/settings', { token })).status, 200)
      assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 200)
    }
  })
})
