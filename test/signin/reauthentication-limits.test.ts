/** Reauthentication voids what was before, and revives nothing that has ended. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { decodeToken } from '../support/forge-token.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { submitMfaCode } from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'
import { assertBody } from '../support/responses.ts'

const second = 1000
const minute = 60 * second

const authTimeOf = (token: string) => decodeToken(token).claims.auth_time

onEachDatabase((latchkey) => {
  // Abuse case (Sessions and tokens): A token outlived its session (CVE-2026-9097).
  test('an access token from before reauthentication is void, even one of the same second', async () => {
    const ada = await latchkey.owner()
    let before = ''
    do {
      travel(second - (Date.now() % second))
      await ada.signInFully()
      before = ada.accessToken
      ada.storeTokens(await ada.post('/auth/Reauthenticate', { password: ada.password }))
    } while (authTimeOf(before) !== authTimeOf(ada.accessToken))
    assertBody(await latchkey.get('/settings', { token: before }), 401, { code: 'invalid_token' })
    assert.equal((await ada.get('/settings')).status, 200)
  })

  test('of concurrent reauthentications, the tokens of the last one are valid alone', async () => {
    const ada = await latchkey.owner()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ada.post('/auth/Reauthenticate', { password: ada.password })),
    )
    const tokens = answers.filter(({ status }) => status === 200).map(({ body }) => body)
    assert.ok(tokens.length > 0)
    const read = ({ accessToken: token }: { accessToken: string }) =>
      latchkey.get('/settings', { token })
    const statuses = (await Promise.all(tokens.map(read))).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [200, ...Array(tokens.length - 1).fill(401)])
  })

  test('reauthentication at a node whose clock is behind voids earlier access tokens', async () => {
    const node = await latchkey.secondNode({ clockBehindMs: 5 * minute })
    try {
      const ada = await latchkey.owner()
      const before = ada.accessToken
      const { password } = ada
      ada.storeTokens(await ada.post('/auth/Reauthenticate', { password }, { node }))
      assertBody(await latchkey.get('/settings', { token: before }), 401, { code: 'invalid_token' })
      assert.equal((await ada.get('/settings')).status, 200)
    } finally {
      await node.stop()
    }
  })
})

const limits = {
  LATCHKEY_SESSION_IDLE_TIMEOUT: '600',
  LATCHKEY_SESSION_LIFETIME: '1800',
  LATCHKEY_ACCESS_TOKEN_TTL: '3600',
}

onEachDatabase((latchkey) => {
  test('reauthentication renews the idle timeout by its own length and no more', async () => {
    const ada = await latchkey.owner()
    travel(9 * minute)
    const { password } = ada
    const { body } = ada.storeTokens(await ada.post('/auth/Reauthenticate', { password }))
    assert.ok(body.refreshExpiresIn > 590 && body.refreshExpiresIn <= 600, body.refreshExpiresIn)
    travel(9 * minute)
    assert.equal((await ada.get('/settings')).status, 200)
    travel(minute + second)
    assert.equal((await ada.get('/settings')).status, 401)
    const { refreshToken } = ada
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
  })

  // Abuse case (Sessions and tokens): A token outlived its session (CVE-2026-9097).
  test('a second factor that arrives after the idle timeout or the lifetime renews no session', async () => {
    for (const ageBefore of [9 * minute, 29 * minute]) {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      await ada.signInFully()
      await keepAlive(latchkey, ada, ageBefore)
      const begun = await ada.post('/auth/Reauthenticate', { password: ada.password })
      const code = await ada.codeFor('email')
      travel(2 * minute)
      const answer = await submitMfaCode(latchkey, begun, { code })
      assertBody(answer, 401, { code: 'invalid_token' })
      assert.equal((await ada.get('/settings')).status, 401)
      const { refreshToken } = ada
      assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    }
  })
}, limits)

/** Lets a session grow old: it is refreshed every nine minutes, but not at the end. */
async function keepAlive(latchkey: TestLatchkey, owner: Owner, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 9 * minute) {
    if (left !== ms) {
      const { refreshToken } = owner
      owner.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    }
    travel(Math.min(left, 9 * minute))
  }
}
