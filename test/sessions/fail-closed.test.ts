/** Requests fail closed when a table cannot be read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  // Abuse case (Sessions and tokens): A check passed because it could not be made
  // (GHSA-8fpg-xm3f-6cx3).
  test('while a table cannot be read, requests that depend on it are refused, and they succeed again afterwards', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const ben = await latchkey.owner()
    const { mfaToken } = (await ada.signIn()).body
    const code = await ada.codeFor('email')
    const calls = {
      session: () => ada.get('/settings/MfaSignIn'),
      account: () => ben.signIn(),
      rate_limit_hit: () => ben.signIn(),
      challenge: () => latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }),
    }
    for (const [table, call] of Object.entries(calls)) {
      await latchkey.sql(`alter table ${table} rename to out_of_reach`)
      const refused = await call()
      await latchkey.sql(`alter table out_of_reach rename to ${table}`)
      assert.equal(`${refused.status} ${refused.body.code}`, '500 internal_error', table)
      assert.equal((await call()).status, 200, table)
    }
  })
})
