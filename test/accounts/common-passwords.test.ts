/** password-rules.test.ts tests five of these passwords over HTTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dictionary } from '@zxcvbn-ts/language-common'
import { ensureGoodPassword } from '../../src/accounts/password/password-policy.ts'

const minLength = 8
const rules = { email: 'ada@example.com', minLength, brandName: 'Latchkey' }

/** The common passwords that meet the minimum length, most common first. */
const longEnough = dictionary['passwords-common'].filter(({ length }) => length >= minLength)

test('more than 15,000 common passwords of sufficient length are rejected', async () => {
  assert.ok(longEnough.length > 15_000, `${longEnough.length}`)
  for (const password of longEnough) {
    await assert.rejects(
      ensureGoodPassword(password, rules),
      { code: 'invalid_password', message: /too common/ },
      password,
    )
  }
})
