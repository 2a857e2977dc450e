/** Whatever was shown first, a session is made at one gate, and the gate asks for the second factor. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { operations } from '../support/openapi.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'

// Abuse case (The second factor is skipped): One of the ways to sign in made its session itself, and
// forgot to ask (CVE-2026-15616, CVE-2026-9091).
test('issueSession alone writes the row of a session', () => {
  const src = join(import.meta.dirname, '../../src')
  const writers = globSync('**/*.ts', { cwd: src }).filter((file) =>
    readFileSync(join(src, file), 'utf8').includes("insertInto('session')"),
  )
  assert.deepEqual(writers, ['sessions/issue-session.ts'])
})

onEachDatabase((latchkey) => {
  /** Every call that can answer with tokens, made by whoever has the password and nothing else. */
  const doors: Record<string, (ada: Owner) => Promise<ApiResponse>> = {
    async verifySignUp({ email, password }) {
      await latchkey.post('/auth/SignUp', { email, password })
      return latchkey.post('/auth/SignUp/Verify', { email, code: '123456' })
    },
    signIn: (ada) => ada.signIn(),
    async answerMfa(ada) {
      const { mfaToken } = (await ada.signIn()).body
      const code = await ada.wrongCodeFor('authenticator')
      return latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
    },
    reauthenticate: (ada) => ada.post('/auth/Reauthenticate', { password: ada.password }),
    async answerWithPasskey(ada) {
      const passkey = await addPasskey(latchkey, ada)
      return signInWithPasskey(latchkey, passkey, { tampering: { unregisteredKey: true } })
    },
    async refresh(ada) {
      const { mfaToken } = (await ada.signIn()).body
      return latchkey.post('/auth/Refresh', { refreshToken: mfaToken })
    },
  }

  test('no link begins a session: every call that can answer with tokens is a POST', async () => {
    const givers = (await operations(latchkey)).filter(({ returnsTokens }) => returnsTokens)
    assert.deepEqual(new Set(givers.map(({ method }) => method)), new Set(['POST']))
  })

  // Abuse case (The second factor is skipped): Signing in asked for it, and another call that signs
  // in as well did not (CVE-2026-8293, ory/kratos #3408).
  test('no call that can answer with tokens does so for the password alone while MFA is on', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const givers = (await operations(latchkey)).filter(({ returnsTokens }) => returnsTokens)
    assert.ok(givers.length >= 6)
    for (const { operationId } of givers) {
      const enter = doors[operationId]
      assert.ok(enter, `${operationId} can sign in: say here how it is tried without the factor`)
      const { status, headers, body } = await enter(ada)
      if (status === 200) assert.equal(body.status, 'mfaRequired', operationId)
      else assert.equal(status, 401, operationId)
      assert.ok(!('accessToken' in body || 'refreshToken' in body), operationId)
      assert.equal(headers.get('set-cookie'), null, operationId)
    }
  })
})
