import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKeyring } from '../../../src/keys/keyring.ts'
import { runCleanUp } from '../../support/clean-up.ts'
import { travel } from '../../support/clock.ts'
import { onEachDatabase } from '../../support/latchkey.ts'
import { addPasskey, startPasskeySignIn, verifyPasskeySignIn } from '../../support/passkeys.ts'

const zeros = Buffer.alloc(32).toString('base64url')

const fiveMinutes = 5 * 60_000

onEachDatabase((latchkey) => {
  test('a used assertion is refused by a node whose clock is behind, too, and its row is deleted after an hour', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada, { hasCounter: false })
    const begun = await startPasskeySignIn(latchkey)
    const response = passkey.get(begun.body.options)
    assert.equal((await verifyPasskeySignIn(latchkey, begun, response)).status, 200)
    const countUsed = async () => {
      const { challenge } = begun.body.options
      const used = `select value from used_passkey_challenge where value = '${challenge}'`
      return (await latchkey.sql(used)).length
    }
    // It has expired here and not on a node whose clock is behind.
    travel(fiveMinutes + 60_000)
    await runCleanUp(latchkey)
    const behind = await latchkey.secondNode({ clockBehindMs: 2 * 60_000 })
    const replay = verifyPasskeySignIn(latchkey, begun, response, { call: { node: behind } })
    const replayed = await replay.finally(() => behind.stop())
    assert.equal(replayed.body.code, 'passkey_token_expired')
    assert.equal(await countUsed(), 1)
    travel(60 * 60_000)
    await runCleanUp(latchkey)
    assert.equal(await countUsed(), 0)
    const { body } = await verifyPasskeySignIn(latchkey, begun, response)
    assert.equal(body.code, 'passkey_token_expired')
  })

  test('nobody makes a passkeyToken: not of an expired one, nor of another token of the service', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const { passkeyToken, options } = (await startPasskeySignIn(latchkey)).body
    const response = passkey.get(options)
    const [challenge, expiry, hash] = passkeyToken.split('.')
    const later = `${challenge}.${Number(expiry) + 60_000}`
    const keyring = parseKeyring(latchkey.environment.LATCHKEY_ENCRYPTION_KEYS ?? '')
    const own = `${challenge}.${expiry}`
    const otherTokens = ['passkey_token', 'refresh_token', 'device_token', 'mfa_token', '']
    for (const token of [
      `${later}.${hash}`,
      `${zeros}.${expiry}.${hash}`,
      `${own}.`,
      own,
      `${passkeyToken}.`,
      `${passkeyToken}.${hash}`,
      ...otherTokens.map((purpose) => `${own}.${keyring.hash(own, purpose)}`),
    ]) {
      const body = { passkeyToken: token, response }
      const answer = await latchkey.post('/auth/SignIn/Passkey/Verify', body)
      assert.equal(answer.status, 401, token)
      assert.equal(answer.body.code, 'passkey_token_expired', token)
    }
    const body = { passkeyToken, response }
    assert.equal((await latchkey.post('/auth/SignIn/Passkey/Verify', body)).status, 200)
  })

  test('a passkey challenge is valid for five minutes', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const [intime, late] = [await startPasskeySignIn(latchkey), await startPasskeySignIn(latchkey)]
    assert.equal(late.body.expiresIn, fiveMinutes / 1000)
    travel(fiveMinutes - 10_000)
    const { status } = await verifyPasskeySignIn(latchkey, intime, passkey.get(intime.body.options))
    assert.equal(status, 200)
    travel(10_001)
    const answer = await verifyPasskeySignIn(latchkey, late, passkey.get(late.body.options))
    assert.equal(answer.status, 401)
    assert.equal(answer.body.code, 'passkey_token_expired')
  })

  test('an unknown or altered passkeyToken, or one of another sign-in, signs nobody in', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const [one, two] = [await startPasskeySignIn(latchkey), await startPasskeySignIn(latchkey)]
    const { passkeyToken, options } = one.body
    const response = passkey.get(options)
    const verify = (token: unknown) =>
      latchkey.post('/auth/SignIn/Passkey/Verify', { passkeyToken: token, response })
    const invalidTokens = [passkeyToken.slice(1), `${passkeyToken}A`, options.challenge, 'unknown']
    for (const token of invalidTokens) {
      assert.equal((await verify(token)).body.code, 'passkey_token_expired', token)
    }
    for (const token of ['', 7, null, undefined, [passkeyToken], 'A'.repeat(5000)]) {
      assert.equal((await verify(token)).status, 400, String(token))
    }
    assert.equal((await verify(two.body.passkeyToken)).body.code, 'invalid_passkey')
    assert.equal((await verify(passkeyToken)).status, 200)
  })
})
