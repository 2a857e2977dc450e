import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  test('sessions are listed newest first, and the one that asks is marked', async () => {
    const ada = await latchkey.owner()
    await latchkey.post(
      '/auth/SignIn',
      { email: ada.email, password: ada.password },
      { headers: { 'user-agent': 'A laptop <b>\u00ad' } },
    )
    const { body } = await ada.get('/settings/Sessions')
    assert.equal(body.sessions.length, 2)
    assert.deepEqual(
      body.sessions.map(({ current }: { current: boolean }) => current),
      [false, true],
    )
    assert.equal(body.sessions[0].device, 'A laptop <b>')
    assert.deepEqual(body.sessions[0].amr, ['pwd'])
  })

  test('a session that is ended from another is dead at once, its refresh token too', async () => {
    const ada = await latchkey.owner()
    const lost = (await ada.signIn()).body
    const { body } = await ada.get('/settings/Sessions')
    const other = body.sessions.find(({ current }: { current: boolean }) => !current)
    const left = await ada.delete(`/settings/Sessions/${other.id}`)
    assert.equal(left.status, 200)
    assert.equal(left.body.sessions.length, 1)
    assert.equal((await latchkey.get('/settings', { token: lost.accessToken })).status, 401)
    const { refreshToken } = lost
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    assert.equal((await ada.delete(`/settings/Sessions/${other.id}`)).status, 404)
  })

  test('ending all others leaves the one that asks', async () => {
    const ada = await latchkey.owner()
    const others = await Promise.all([ada.signIn(), ada.signIn(), ada.signIn()])
    const left = await ada.delete('/settings/Sessions')
    assert.equal(left.body.sessions.length, 1)
    for (const { body } of others) {
      assert.equal((await latchkey.get('/settings', { token: body.accessToken })).status, 401)
    }
    assert.equal((await ada.get('/settings')).status, 200)
  })

  test('nobody sees or ends another account’s sessions and devices', async () => {
    const ada = await latchkey.owner()
    const eve = await latchkey.owner()
    const { body } = await ada.get('/settings/Sessions')
    const id = body.sessions[0].id
    assert.equal((await eve.delete(`/settings/Sessions/${id}`)).status, 404)
    assert.equal((await eve.delete(`/settings/TrustedDevices/${id}`)).status, 404)
    assert.equal((await ada.get('/settings')).status, 200)
  })
})
