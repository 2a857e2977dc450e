import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../../support/latchkey.ts'
import { addPasskey, startPasskeySignIn } from '../../support/passkeys.ts'

onEachDatabase((latchkey) => {
  test('a passkey challenge has 256 bits and is never repeated', async () => {
    const ada = await latchkey.owner()
    await addPasskey(latchkey, ada)
    const challenges = new Set<string>()
    for (let times = 0; times < 20; times += 1) {
      for (const { body } of [
        await startPasskeySignIn(latchkey),
        await startPasskeySignIn(latchkey, { call: { token: ada.accessToken } }),
        await ada.startPasskeyRegistration(),
      ]) {
        const { challenge } = body.options
        assert.equal(Buffer.from(challenge, 'base64url').length, 32)
        challenges.add(challenge)
      }
    }
    assert.equal(challenges.size, 60)
  })
})
