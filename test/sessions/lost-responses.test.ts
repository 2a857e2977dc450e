/** A refresh whose response was lost is repeated, and a thief can’t live on that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { CookieClient } from '../support/cookie-client.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { assertSignedIn } from '../support/responses.ts'

const assertRefused = ({ status, body }: ApiResponse) =>
  assert.equal(`${status} ${body.code}`, '401 invalid_refresh_token')

onEachDatabase((latchkey) => {
  const refresh = (refreshToken: string) => latchkey.post('/auth/Refresh', { refreshToken })
  /** Refreshes and asserts that it succeeded. */
  const refreshed = async (refreshToken: string): Promise<Tokens> =>
    assertSignedIn(await refresh(refreshToken))
  const isLive = async ({ accessToken: token }: { accessToken: string }) =>
    (await latchkey.get('/settings/MfaSignIn', { token })).status === 200

  test('a lost response: eleven seconds later the used token gets the same next one', async () => {
    const ada = await latchkey.owner()
    const lost = await refreshed(ada.refreshToken)
    travel(11_000)
    const found = ada.storeTokens(await refresh(ada.refreshToken)).body
    assert.equal(found.refreshToken, lost.refreshToken)
    assert.notEqual(found.accessToken, lost.accessToken)
    assert.ok(await isLive(ada))
    for (let times = 0; times < 3; times += 1) {
      ada.storeTokens(await refresh(ada.refreshToken))
      assert.ok(await isLive(ada))
      travel(11_000)
    }
  })

  test('an access token from before the refresh does not show that the response arrived', async () => {
    const ada = await latchkey.owner()
    const lost = await refreshed(ada.refreshToken)
    assert.ok(await isLive(ada))
    travel(11_000)
    assert.equal((await refreshed(ada.refreshToken)).refreshToken, lost.refreshToken)
  })

  test('two tabs: within ten seconds both get the same tokens, and both stay signed in', async () => {
    const ada = await latchkey.owner()
    const one = await refreshed(ada.refreshToken)
    assert.ok(await isLive(one))
    travel(9_000)
    const other = await refreshed(ada.refreshToken)
    assert.equal(other.refreshToken, one.refreshToken)
    travel(11_000)
    assert.ok(await isLive(one))
    assert.ok(await isLive(other))
    assert.ok(await isLive(await refreshed(other.refreshToken)))
  })

  test('a page left during the refresh: eleven seconds later the next page is signed in', async () => {
    const { email, password } = await latchkey.owner()
    const browser = new CookieClient(latchkey)
    assert.equal((await browser.post('/auth/SignIn', { email, password })).status, 200)
    for (let pages = 0; pages < 3; pages += 1) {
      assert.equal((await browser.postAndLeave('/auth/Refresh')).status, 200)
      travel(11_000)
      const next = await browser.post('/auth/Refresh')
      assert.ok(await isLive(next.body))
      assert.ok(await isLive((await browser.post('/auth/Refresh')).body))
    }
  })

  test('two tabs after a lost response: both get the same tokens', async () => {
    const ada = await latchkey.owner()
    const lost = await refreshed(ada.refreshToken)
    travel(11_000)
    const tabs = await Promise.all([refreshed(ada.refreshToken), refreshed(ada.refreshToken)])
    assert.ok(await isLive(tabs[0]))
    travel(9_000)
    for (const { refreshToken } of [...tabs, await refreshed(ada.refreshToken)])
      assert.equal(refreshToken, lost.refreshToken)
  })

  test('a late repeat is made once: a second one, after its ten seconds, ends the session', async () => {
    const ada = await latchkey.owner()
    await refreshed(ada.refreshToken)
    travel(11_000)
    const found = await refreshed(ada.refreshToken)
    travel(11_000)
    assertRefused(await refresh(ada.refreshToken))
    assertRefused(await refresh(found.refreshToken))
    assert.equal(await isLive(found), false)
  })

  test('no two refreshes in a row are repeated late, and the one after them is again', async () => {
    const ada = await latchkey.owner()
    const twice = async (token: string, ms: number) => {
      await refreshed(token)
      travel(ms)
      return refresh(token)
    }
    ada.storeTokens(await twice(ada.refreshToken, 11_000))
    // Within its ten seconds even this one is repeated.
    ada.storeTokens(await twice(ada.refreshToken, 9_000))
    ada.storeTokens(await twice(ada.refreshToken, 11_000))
    assertRefused(await twice(ada.refreshToken, 11_000))
    assertRefused(await refresh(ada.refreshToken))
  })

  test('once an access token of the next pair was used here, a late repeat is reuse', async () => {
    for (const repeats of [0, 1]) {
      const ada = await latchkey.owner()
      let received = await refreshed(ada.refreshToken)
      if (repeats === 1) received = await refreshed(ada.refreshToken)
      assert.ok(await isLive(received))
      travel(11_000)
      assertRefused(await refresh(ada.refreshToken))
      assert.equal(await isLive(received), false)
      assertRefused(await refresh(received.refreshToken))
    }
  })

  test('an access token that is used shortly before the ten seconds end does not extend them', async () => {
    const ada = await latchkey.owner()
    const received = await refreshed(ada.refreshToken)
    travel(8_000)
    assert.ok(await isLive(received))
    travel(3_000)
    assertRefused(await refresh(ada.refreshToken))
  })

  // Abuse case (Sessions and tokens): The use of a stolen refresh token went undetected
  // (GHSA-392p-2q2v-4372, GHSA-pw9m-5jxm-xr6h).
  test('a thief who stays one step behind an owner who uses other services only is caught', async () => {
    const owner = await latchkey.owner()
    const stolenToken = owner.refreshToken
    owner.storeTokens(await refresh(stolenToken))
    travel(11_000)
    const thief = await refreshed(stolenToken)
    travel(60_000)
    owner.storeTokens(await refresh(owner.refreshToken))
    travel(11_000)
    assertRefused(await refresh(thief.refreshToken))
    assertRefused(await refresh(owner.refreshToken))
    assert.equal(await isLive(owner), false)
    assert.equal(await isLive(thief), false)
  })

  // Abuse case (Sessions and tokens): The use of a stolen refresh token went undetected
  // (GHSA-392p-2q2v-4372, GHSA-pw9m-5jxm-xr6h).
  test('a thief who stays one step ahead is caught when the owner refreshes for the second time', async () => {
    const owner = await latchkey.owner()
    let thief = await refreshed(owner.refreshToken)
    travel(60_000)
    owner.storeTokens(await refresh(owner.refreshToken))
    thief = await refreshed(thief.refreshToken)
    travel(60_000)
    assertRefused(await refresh(owner.refreshToken))
    assertRefused(await refresh(thief.refreshToken))
    assert.equal(await isLive(thief), false)
  })

  test('a repeat renews neither the time of the sign-in nor a session that has ended', async () => {
    const ada = await latchkey.owner()
    await refreshed(ada.refreshToken)
    travel(16 * 60_000)
    const found = await refreshed(ada.refreshToken)
    const { body } = await latchkey.post('/settings/MfaSecret', {}, { token: found.accessToken })
    assert.equal(body.code, 'insufficient_user_authentication')

    for (const end of ['POST /auth/SignOut', 'DELETE /settings/Sessions']) {
      const bob = await latchkey.owner()
      const { accessToken, refreshToken } = bob
      await refreshed(refreshToken)
      if (end.startsWith('DELETE')) await bob.signInFully()
      const token = end.startsWith('DELETE') ? bob.accessToken : accessToken
      const [method = '', path = ''] = end.split(' ')
      assert.ok((await latchkey.request(method, path, { token })).status < 300, end)
      assertRefused(await refresh(refreshToken))
      travel(11_000)
      assertRefused(await refresh(refreshToken))
    }
  })

  test('reading writes once per refresh, however many requests read', async () => {
    const ada = await latchkey.owner()
    const earlier = { accessToken: ada.accessToken }
    const countWrites = await countSessionWrites()
    ada.storeTokens(await refresh(ada.refreshToken))
    assert.ok(await isLive(earlier))
    assert.equal(await countWrites(), 1, 'an earlier access token confirms nothing')
    for (let times = 0; times < 5; times += 1) assert.ok(await isLive(ada))
    await Promise.all(Array.from({ length: 20 }, () => isLive(ada)))
    assert.equal(await countWrites(), 2)

    await ada.signInFully()
    const before = await countWrites()
    assert.ok(await isLive(ada))
    assert.equal(await countWrites(), before, 'a sign-in has no response to wait for')
  })

  /** Counts updates of sessions: updated rows on SQLite, statements on PostgreSQL. */
  async function countSessionWrites(): Promise<() => Promise<number>> {
    await latchkey.sql('create table session_write (id text)')
    if (latchkey.databaseKind === 'SQLite') {
      await latchkey.sql(
        'create trigger count_writes after update on session begin insert into session_write values (new.id); end',
      )
    } else {
      await latchkey.sql(
        "create function count_write() returns trigger language plpgsql as 'begin insert into session_write values (null); return null; end'",
      )
      await latchkey.sql(
        'create trigger count_writes after update on session for each statement execute function count_write()',
      )
    }
    return async () => {
      const [row] = await latchkey.sql('select count(*) as writes from session_write')
      return Number(row.writes)
    }
  }
})

interface Tokens {
  accessToken: string
  refreshToken: string
}

/** Far enough for the grace period, near enough for a valid access token. */
const clockDifferenceMs = 5_000

onEachDatabase((latchkey) => {
  for (const clockBehindMs of [clockDifferenceMs, -clockDifferenceMs]) {
    test(`a node whose clock is ${clockBehindMs > 0 ? 'behind' : 'ahead'} repeats refreshes and detects reuse`, async () => {
      const node = await latchkey.secondNode({ clockBehindMs })
      try {
        for (const [here, there] of [
          [{}, { node }],
          [{ node }, {}],
        ] as const) {
          const ada = await latchkey.owner()
          const { refreshToken } = ada
          const refreshAt = (where: object, token = refreshToken) =>
            latchkey.post('/auth/Refresh', { refreshToken: token }, where)
          const answers = await Promise.all([here, there, here, there].map((at) => refreshAt(at)))
          for (const answer of answers) ada.storeTokens(answer)
          assert.equal(new Set(answers.map(({ body }) => body.refreshToken)).size, 1)
          assert.equal((await ada.get('/settings', there)).status, 200)
          assert.equal((await refreshAt(there)).status, 200)

          ada.storeTokens(await refreshAt(there, ada.refreshToken))
          assertRefused(await refreshAt(here))
          assert.equal((await ada.get('/settings', there)).status, 401)
        }
      } finally {
        await node.stop()
      }
    })
  }
})
