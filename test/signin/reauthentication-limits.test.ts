/** Reauthentication voids what was before. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { decodeToken } from '../support/forge-token.ts'
import { onEachDatabase } from '../support/latchkey.ts'
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
