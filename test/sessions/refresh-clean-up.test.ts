/** The hourly clean-up blinds no detection of reuse, and erases refresh tokens in time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCleanUp } from '../support/clean-up.ts'
import { travel } from '../support/clock.ts'
import { decodeToken } from '../support/forge-token.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

const assertRefused = ({ status, body }: ApiResponse) =>
  assert.equal(`${status} ${body.code}`, '401 invalid_refresh_token')

const minute = 60_000
const day = 24 * 60 * minute

onEachDatabase((latchkey) => {
  const refresh = (refreshToken: string) => latchkey.post('/auth/Refresh', { refreshToken })

  // Abuse case (Sessions and tokens): The use of a stolen refresh token went undetected
  // (GHSA-392p-2q2v-4372, GHSA-pw9m-5jxm-xr6h).
  test('reuse of any token of the last week ends the session after a clean-up', async () => {
    for (const days of [0, 6]) {
      const ada = await latchkey.owner()
      const { refreshToken: stolenToken } = ada
      for (let i = 0; i < 3; i += 1) ada.storeTokens(await refresh(ada.refreshToken))
      travel(days * day + 2 * minute)
      await runCleanUp(latchkey)
      assertRefused(await refresh(stolenToken))
      assertRefused(await refresh(ada.refreshToken))
    }
  })

  test('reuse of the last used token ends the session, however long ago it was used', async () => {
    const ada = await latchkey.owner()
    const { refreshToken: stolenToken } = ada
    ada.storeTokens(await refresh(stolenToken))
    assert.equal((await ada.get('/settings')).status, 200)
    travel(8 * day)
    await runCleanUp(latchkey)
    assertRefused(await refresh(stolenToken))
    assertRefused(await refresh(ada.refreshToken))
  })

  test('a token superseded by reauthentication ends the session after a clean-up', async () => {
    const ada = await latchkey.owner()
    const { refreshToken: supersededToken } = ada
    ada.storeTokens(await ada.post('/auth/Reauthenticate', { password: ada.password }))
    travel(8 * day)
    await runCleanUp(latchkey)
    assertRefused(await refresh(supersededToken))
    assertRefused(await refresh(ada.refreshToken))
  })

  test('a lost response is repeated after clean-ups, and no two in a row are', async () => {
    const ada = await latchkey.owner()
    const first = (await refresh(ada.refreshToken)).body
    for (const days of [1, 7]) {
      travel(days * day)
      await runCleanUp(latchkey)
    }
    ada.storeTokens(await refresh(ada.refreshToken))
    assert.equal(ada.refreshToken, first.refreshToken)
    await refresh(ada.refreshToken)
    travel(8 * day)
    await runCleanUp(latchkey)
    assertRefused(await refresh(ada.refreshToken))
  })

  test('the clean-up erases sealed refresh tokens that can’t be repeated any more, and no others', async () => {
    const received = await latchkey.owner()
    received.storeTokens(await refresh(received.refreshToken))
    assert.equal((await received.get('/settings')).status, 200)
    const lost = await latchkey.owner()
    await refresh(lost.refreshToken)
    const late = await latchkey.owner()
    await refresh(late.refreshToken)
    travel(11_000)
    await refresh(late.refreshToken)
    const ended = await latchkey.owner()
    ended.storeTokens(await refresh(ended.refreshToken))
    const reauthenticated = await latchkey.owner()
    await refresh(reauthenticated.refreshToken)

    assert.equal((await ended.post('/auth/SignOut')).status, 204)
    const { password } = reauthenticated
    assert.equal((await reauthenticated.post('/auth/Reauthenticate', { password })).status, 200)
    const all = [received, lost, late, ended, reauthenticated]
    const sealed = () => Promise.all(all.map(hasSealedToken))
    assert.deepEqual(await sealed(), [true, true, true, false, false])
    await runCleanUp(latchkey)
    assert.deepEqual(await sealed(), [true, true, true, false, false], 'within its ten seconds')
    travel(2 * minute)
    await runCleanUp(latchkey)
    assert.deepEqual(await sealed(), [false, true, false, false, false])
    travel(15 * day)
    await runCleanUp(latchkey)
    assert.deepEqual(await sealed(), [false, false, false, false, false], 'expired sessions')
  })

  test('used tokens are deleted after a week', async () => {
    const ada = await latchkey.owner()
    const { refreshToken: firstToken } = ada
    for (let i = 0; i < 3; i += 1) ada.storeTokens(await refresh(ada.refreshToken))
    travel(8 * day)
    await runCleanUp(latchkey)
    const [row] = await latchkey.sql(
      `select count(*) as kept from refresh_token where session_id = '${sessionOf(ada)}'`,
    )
    assert.equal(Number(row.kept), 2, 'the latest token and the one used for it')
    // Unknown by now, so it reveals no reuse.
    assertRefused(await refresh(firstToken))
    assert.equal((await refresh(ada.refreshToken)).status, 200)
  })

  test('used tokens are deleted behind any number of last used ones, which are kept', async () => {
    const ada = await latchkey.owner()
    const { refreshToken: firstToken } = ada
    ada.storeTokens(await refresh(firstToken))
    const [session] = await latchkey.sql(`select * from session where id = '${sessionOf(ada)}'`)
    const [token] = await latchkey.sql(
      `select * from refresh_token where session_id = '${session.id}' and used_at is not null`,
    )
    const copies = Array.from({ length: 1200 }, (_, i) => ({ session_id: `copy-${i}`, i }))
    await insert(
      'session',
      copies.map((copy) => ({ ...session, id: copy.session_id })),
    )
    await insert(
      'refresh_token',
      copies.map(({ session_id, i }) => ({
        ...token,
        session_id,
        token_hash: `copy-${i}`,
        used_at: i,
      })),
    )
    for (let i = 0; i < 2; i += 1) ada.storeTokens(await refresh(ada.refreshToken))

    travel(8 * day)
    await runCleanUp(latchkey)
    const [row] = await latchkey.sql(
      `select count(*) as kept from refresh_token where session_id like 'copy-%'`,
    )
    assert.equal(Number(row.kept), 1200)
    assertRefused(await refresh(firstToken))
    assert.equal((await refresh(ada.refreshToken)).status, 200, 'the first token is unknown by now')
  })

  function insert(table: string, rows: Record<string, unknown>[]): Promise<unknown> {
    const text = (value: unknown) => (value === null ? 'null' : `'${value}'`)
    const values = rows.map((row) => `(${Object.values(row).map(text)})`)
    return latchkey.sql(`insert into ${table} (${Object.keys(rows[0] ?? {})}) values ${values}`)
  }

  async function hasSealedToken(owner: Owner): Promise<boolean> {
    const [row] = await latchkey.sql(
      `select refresh_token_sealed from session where id = '${sessionOf(owner)}'`,
    )
    return row.refresh_token_sealed !== null
  }
})

function sessionOf(owner: Owner): string {
  return decodeToken(owner.accessToken).claims.sid
}
