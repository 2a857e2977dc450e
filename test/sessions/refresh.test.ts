/** A refresh token works once; its reuse ends the session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

const assertRefused = ({ status, body }: ApiResponse) =>
  assert.equal(`${status} ${body.code}`, '401 invalid_refresh_token')

onEachDatabase((latchkey) => {
  const refresh = (refreshToken: string) => latchkey.post('/auth/Refresh', { refreshToken })
  const isLive = async ({ accessToken: token }: { accessToken: string }) =>
    (await latchkey.get('/settings/MfaSignIn', { token })).status === 200

  async function sessionEndsOf(owner: Owner): Promise<{ detail: object }[]> {
    await owner.signInFully()
    const { body } = await owner.get('/settings/Activity?limit=100')
    return body.activity.filter((entry: { type: string }) => entry.type === 'session.ended')
  }

  test('a refresh issues a new pair that works', async () => {
    const ada = await latchkey.owner()
    const { accessToken, refreshToken } = ada
    const first = ada.storeTokens(await refresh(refreshToken)).body
    assert.notEqual(first.refreshToken, refreshToken)
    assert.notEqual(first.accessToken, accessToken)
    assert.match(first.refreshToken, /^[A-Za-z0-9_-]{43}$/)
    assert.deepEqual([first.tokenType, first.expiresIn], ['Bearer', 600])
    assert.ok(first.refreshExpiresIn > 14 * 86_400 - 10 && first.refreshExpiresIn <= 14 * 86_400)

    assert.ok(await isLive(ada))
    // The earlier access token stays valid until it expires: the session is the same.
    assert.ok(await isLive({ accessToken }))
    for (let i = 0; i < 5; i += 1) ada.storeTokens(await refresh(ada.refreshToken))
    assert.ok(await isLive(ada))
  })

  // Abuse case (Sessions and tokens): The use of a stolen refresh token went undetected
  // (GHSA-392p-2q2v-4372, GHSA-pw9m-5jxm-xr6h).
  test('later reuse ends the session for both the owner and the thief', async () => {
    const ada = await latchkey.owner()
    const { refreshToken: stolenToken } = ada
    const thief = (await refresh(stolenToken)).body
    assert.ok(await isLive(thief))
    travel(11_000)
    assertRefused(await refresh(stolenToken))

    assert.equal(await isLive(thief), false)
    assertRefused(await refresh(thief.refreshToken))
    assert.equal(await isLive(ada), false)
    const [end, ...more] = await sessionEndsOf(ada)
    assert.deepEqual([end?.detail, more], [{ reason: 'refresh_token_reused' }, []])
  })

  // Abuse case (Sessions and tokens): The use of a stolen refresh token went undetected
  // (GHSA-392p-2q2v-4372, GHSA-pw9m-5jxm-xr6h).
  test('reuse of any earlier token ends the session, not only of the last one', async () => {
    const ada = await latchkey.owner()
    const { refreshToken: firstToken } = ada
    for (let i = 0; i < 3; i += 1) ada.storeTokens(await refresh(ada.refreshToken))
    travel(11_000)
    assertRefused(await refresh(firstToken))
    assert.equal(await isLive(ada), false)
    assertRefused(await refresh(ada.refreshToken))
  })

  // Abuse case (Sessions and tokens): The use of a stolen refresh token went undetected
  // (GHSA-392p-2q2v-4372, GHSA-pw9m-5jxm-xr6h).
  test('reuse after the next token was used ends the session at once, within ten seconds too', async () => {
    const ada = await latchkey.owner()
    const { refreshToken: firstToken } = ada
    ada.storeTokens(await refresh(firstToken))
    ada.storeTokens(await refresh(ada.refreshToken))
    assertRefused(await refresh(firstToken))
    assert.equal(await isLive(ada), false)
    const [end, ...more] = await sessionEndsOf(ada)
    assert.deepEqual([end?.detail, more], [{ reason: 'refresh_token_reused' }, []])
  })

  test('a token superseded by reauthentication is refused and ends nothing for ten seconds, then the session', async () => {
    const ada = await latchkey.owner()
    const usedToken = ada.refreshToken
    const { refreshToken: supersededToken } = (await refresh(usedToken)).body
    ada.storeTokens(await ada.post('/auth/Reauthenticate', { password: ada.password }))
    ada.storeTokens(await refresh(ada.refreshToken))
    for (const token of [supersededToken, usedToken]) assertRefused(await refresh(token))
    assert.ok(await isLive(ada))
    travel(9_000)
    assertRefused(await refresh(supersededToken))
    assert.ok(await isLive(ada))
    travel(2_000)
    assertRefused(await refresh(supersededToken))
    assert.equal(await isLive(ada), false)
    const [end] = await sessionEndsOf(ada)
    assert.deepEqual(end?.detail, { reason: 'refresh_token_reused' })
  })

  test('reuse ends that session only', async () => {
    const ada = await latchkey.owner()
    const phone = { accessToken: ada.accessToken, refreshToken: ada.refreshToken }
    await ada.signInFully()
    assert.ok(await isLive((await refresh(phone.refreshToken)).body))
    travel(11_000)
    assertRefused(await refresh(phone.refreshToken))
    assert.ok(await isLive(ada))
    ada.storeTokens(await refresh(ada.refreshToken))
  })

  // Abuse case (Sessions and tokens): A token without its end was still accepted (CVE-2026-27840).
  test('a token that lacks one or more characters is refused and ends nothing', async () => {
    const ada = await latchkey.owner()
    const { refreshToken } = ada
    travel(11_000)
    for (let n = 1; n < refreshToken.length; n += 1) {
      assertRefused(await refresh(refreshToken.slice(0, -n)))
      assertRefused(await refresh(refreshToken.slice(n)))
    }
    for (const near of [`${refreshToken}=`, `${refreshToken}A`, ` ${refreshToken}`]) {
      assertRefused(await refresh(near))
    }
    for (const other of [refreshToken.toUpperCase(), refreshToken.toLowerCase()]) {
      if (other !== refreshToken) assertRefused(await refresh(other))
    }
    assert.ok(await isLive(ada))
    ada.storeTokens(await refresh(refreshToken))
  })

  test('no other secret of the service is accepted as a refresh token', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { mfaToken } = (await ada.signIn()).body
    const code = await latchkey.codeSentTo(ada.email)
    for (const other of [mfaToken, code, ada.recoveryCodes[0] ?? ''])
      assertRefused(await refresh(other))
    // An access token is too long for a refresh token.
    assert.ok([400, 401].includes((await refresh(ada.accessToken)).status))
  })

  test('signing out voids the access and refresh tokens at once and ends no other session', async () => {
    const ada = await latchkey.owner()
    const phone = { accessToken: ada.accessToken, refreshToken: ada.refreshToken }
    await ada.signInFully()
    const { accessToken: token, refreshToken } = ada

    const out = await latchkey.post('/auth/SignOut', undefined, { token })
    assert.equal(out.status, 204)
    assert.equal(out.body, undefined)
    assert.equal(await isLive(ada), false)
    assertRefused(await refresh(refreshToken))
    const again = await latchkey.post('/auth/SignOut', undefined, { token })
    assert.equal(`${again.status} ${again.body.code}`, '401 invalid_token')
    assert.equal((await ada.post('/auth/Reauthenticate', { password: ada.password })).status, 401)

    assert.ok(await isLive(phone))
    assert.equal((await refresh(phone.refreshToken)).status, 200)
    const [end, ...more] = await sessionEndsOf(ada)
    assert.deepEqual([end?.detail, more], [{ reason: 'signed_out' }, []])
  })

  test('signing out one account does not sign out another', async () => {
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
    await ada.post('/auth/SignOut')
    assert.ok(await isLive(bob))
    assert.equal((await refresh(bob.refreshToken)).status, 200)
  })
})

const minute = 60_000

onEachDatabase(
  (latchkey) => {
    const refresh = (refreshToken: string) => latchkey.post('/auth/Refresh', { refreshToken })

    test('a session that is not refreshed ends after its idle timeout, for both tokens', async () => {
      const ada = await latchkey.owner()
      travel(10 * minute - 2_000)
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
      travel(3_000)
      // The token itself would be valid for another fifty minutes.
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 401)
      assertRefused(await refresh(ada.refreshToken))
    })

    test('refreshing extends a session, but never past its lifetime', async () => {
      const ada = await latchkey.owner()
      const lifetimes: number[] = []
      for (let minutes = 0; minutes < 24; minutes += 8) {
        const { body } = ada.storeTokens(await refresh(ada.refreshToken))
        lifetimes.push(body.refreshExpiresIn)
        travel(8 * minute)
      }
      const { body } = ada.storeTokens(await refresh(ada.refreshToken))
      // The idle timeout is 10 minutes; after 24 of 30 minutes only 6 are left.
      assert.ok(
        lifetimes.every((seconds) => seconds > 595 && seconds <= 600),
        lifetimes.join(),
      )
      assert.ok(body.refreshExpiresIn > 350 && body.refreshExpiresIn <= 360)

      travel(6 * minute)
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 401)
      assertRefused(await refresh(ada.refreshToken))
    })

    test('confirming the password renews the idle timeout, but not the lifetime', async () => {
      const ada = await latchkey.owner()
      for (let minutes = 0; minutes < 27; minutes += 9) {
        ada.storeTokens(await ada.post('/auth/Reauthenticate', { password: ada.password }))
        travel(9 * minute)
      }
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
      travel(4 * minute)
      const late = await ada.post('/auth/Reauthenticate', { password: ada.password })
      assert.equal(`${late.status} ${late.body.code}`, '401 invalid_token')
    })
  },
  {
    LATCHKEY_SESSION_IDLE_TIMEOUT: '600',
    LATCHKEY_SESSION_LIFETIME: '1800',
    LATCHKEY_ACCESS_TOKEN_TTL: '3600',
  },
)
