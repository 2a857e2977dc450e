/** Concurrent requests on one session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  // Abuse case (Sessions and tokens): Two concurrent refreshes created two branches of one session.
  test('twenty concurrent refreshes with one token all get the same next one, and the session continues', async () => {
    const ada = await latchkey.owner()
    // The twenty requests overlap only once all database connections are open.
    for (let round = 0; round < 10; round += 1) {
      const { refreshToken } = ada
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => latchkey.post('/auth/Refresh', { refreshToken })),
      )
      for (const answer of answers) ada.storeTokens(answer)
      assert.equal(new Set(answers.map(({ body }) => body.refreshToken)).size, 1)
      assert.notEqual(ada.refreshToken, refreshToken)
      assert.equal(new Set(answers.map(({ body }) => body.accessToken)).size, 20)
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    }
  })

  // Abuse case (Sessions and tokens): A refresh concurrent with signing out outlived it.
  test('a refresh concurrent with signing out never outlives it', async () => {
    const ada = await latchkey.owner()
    for (let round = 0; round < 10; round += 1) {
      await ada.signInFully()
      const [refreshed, out] = await Promise.all([
        latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }),
        ada.post('/auth/SignOut'),
      ])
      assert.equal(out.status, 204)
      if (refreshed.status !== 200) {
        assert.equal(refreshed.body.code, 'invalid_refresh_token')
        continue
      }
      const { accessToken: token, refreshToken } = refreshed.body
      assert.equal((await latchkey.get('/settings/MfaSignIn', { token })).status, 401)
      assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    }
  })

  test('concurrent refreshing, password confirmation and signing out never interfere with each other', async () => {
    const ada = await latchkey.owner()
    for (let round = 0; round < 20; round += 1) {
      await ada.signInFully()
      const { refreshToken, password } = ada
      const answers = await Promise.all([
        latchkey.post('/auth/Refresh', { refreshToken }),
        ada.post('/auth/Reauthenticate', { password }),
        // Hashing takes a while, so each round starts a little later, until the requests overlap.
        pause(round).then(() => ada.post('/auth/SignOut')),
      ])
      const outcomes = answers.map(({ status, body }) => `${status} ${body?.code ?? ''}`.trim())
      for (const outcome of outcomes) {
        assert.match(
          outcome,
          /^(200|204|401 invalid_token|401 invalid_refresh_token)$/,
          outcomes.join(', '),
        )
      }
    }
  })

  test('a refresh concurrent with password confirmation leaves one live refresh token', async () => {
    const ada = await latchkey.owner()
    for (let round = 0; round < 15; round += 1) {
      await ada.signInFully()
      const { refreshToken, password } = ada
      const [confirmed] = await Promise.all([
        ada.post('/auth/Reauthenticate', { password }),
        pause(round).then(() => latchkey.post('/auth/Refresh', { refreshToken })),
      ])
      assert.equal(confirmed.status, 200)
      const { sid } = JSON.parse(
        Buffer.from(ada.accessToken.split('.')[1] ?? '', 'base64url').toString(),
      )
      const live = await latchkey.sql(
        `select token_hash from refresh_token where session_id = '${sid}' and used_at is null`,
      )
      assert.equal(live.length, 1)
    }
  })

  test('concurrent sign-outs of one session are recorded once', async () => {
    const ada = await latchkey.owner()
    await ada.signInFully()
    const answers = await Promise.all(Array.from({ length: 10 }, () => ada.post('/auth/SignOut')))
    for (const { status } of answers) assert.ok(status === 204 || status === 401, `${status}`)
    assert.ok(answers.some(({ status }) => status === 204))

    await ada.signInFully()
    const { body } = await ada.get('/settings/Activity')
    const ends = body.activity.filter((entry: { type: string }) => entry.type === 'session.ended')
    assert.equal(ends.length, 1)
  })
})
