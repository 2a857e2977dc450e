/** A rolling upgrade: the previous version keeps serving while this one starts. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { createDatabase } from '../support/database.ts'
import { TestLatchkey } from '../support/latchkey.ts'
import { Owner } from '../support/owner.ts'
import { extractPreviousVersion } from '../support/previous-version.ts'
import { startLatchkeyProcess } from '../support/process.ts'
import { findFreePort } from '../support/tcp.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

test('the previous and this version share one database and complete each other’s sign-ins', async (t) => {
  const main = extractPreviousVersion(t)
  if (main === undefined) return
  const environment = {
    LATCHKEY_DATABASE_URL: await createDatabase(t, 'PostgreSQL'),
    LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1'),
    LATCHKEY_PUBLIC_URL: `http://localhost:${await findFreePort()}`,
    // All requests come from one address.
    LATCHKEY_RATE_LIMITS: 'off',
  }
  const before = await nodeOf(t, environment, main)
  const ada = await before.owner({ mfaMethod: 'email' })
  await ada.signInFully()

  // This version migrates the database while the previous one serves.
  const after = await nodeOf(t, environment)
  assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)

  for (const [first, second] of [
    [before, before],
    [before, after],
    [after, before],
    [after, after],
  ] as const) {
    const owner = new Owner(first, {})
    const { email, password } = owner
    const { signUpToken } = (await first.post('/auth/SignUp', { email, password })).body
    const code = await second.codeSentTo(email)
    owner.storeTokens(await second.post('/auth/SignUp/Verify', { signUpToken, code }))
    await owner.turnOn('email')

    for (const user of [owner, ada]) {
      const begun = await first.post('/auth/SignIn', {
        email: user.email,
        password: user.password,
      })
      assert.equal(begun.body.status, 'mfaRequired', JSON.stringify(begun.body))
      const { mfaToken } = begun.body
      const answer = { mfaToken, code: await second.codeSentTo(user.email) }
      user.storeTokens(await second.post('/auth/SignIn/Mfa', answer))
      const { refreshToken } = user
      user.storeTokens(await first.post('/auth/Refresh', { refreshToken }))
    }

    const token = owner.accessToken
    assert.equal((await first.delete('/settings/MfaSignIn', { token })).body.enabled, false)
    assert.equal((await second.get('/settings/MfaSignIn', { token })).body.enabled, false)
    const undoToken = await undoTokenSentTo(second, email, / off$/)
    const undone = await second.post('/auth/Undo', { token: undoToken })
    assert.equal(undone.body.undone, 'mfa.off', JSON.stringify(undone.body))
    const { resetToken } = undone.body
    const reset = await first.post('/auth/ResetPassword', {
      resetToken,
      newPassword: 'a whole new sentence',
    })
    assert.equal(reset.body.status, 'passwordReset', JSON.stringify(reset.body))
    const again = await second.post('/auth/SignIn', { email, password: 'a whole new sentence' })
    assert.equal(again.body.status, 'mfaRequired')
  }
})

/** Starts a node as a child process. */
async function nodeOf(t: TestContext, environment: Record<string, string>, main?: string) {
  const running = await startLatchkeyProcess(t, { environment, ...(main && { main }) })
  const node = new TestLatchkey('PostgreSQL')
  node.environment = running.environment
  t.after(() => node.stop())
  return node
}
