/** Every sign-in creates its session in issueSession, which requires the second factor. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { acceptInvitation, invite } from '../support/invitations.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { operations } from '../support/openapi.ts'
import { createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'
import { SoftwareAuthenticator } from '../support/software-authenticator.ts'

// Abuse case (Second factor skipped): One sign-in method created its session itself, without
// the second factor (CVE-2026-15616, CVE-2026-9091).
test('only issueSession writes the row of a session', () => {
  const src = join(import.meta.dirname, '../../src')
  const writers = globSync('**/*.ts', { cwd: src }).filter((file) =>
    readFileSync(join(src, file), 'utf8').includes("insertInto('session')"),
  )
  assert.deepEqual(writers, ['sessions/issue-session.ts'])
})

onEachDatabase((latchkey) => {
  /** An open invitation of an address that has an account. @returns the token of its link */
  async function inviteInto({ email }: Owner): Promise<string> {
    const operator = await createOperator(latchkey)
    const { id, token } = await invite(latchkey, operator, { email: `new-${email}` })
    await latchkey.sql(`delete from invitation where email_key = '${email}'`)
    await latchkey.sql(
      `update invitation set email = '${email}', email_key = '${email}' where id = '${id}'`,
    )
    return token
  }

  /** Makes each call that can return tokens with the password as the only factor. */
  const attempts: Record<string, (ada: Owner) => Promise<ApiResponse>> = {
    async verifySignUp({ email, password }) {
      const { signUpToken } = (await latchkey.post('/auth/SignUp', { email, password })).body
      return latchkey.post('/auth/SignUp/Verify', { signUpToken, code: '123456' })
    },
    async acceptInvitation(ada) {
      return acceptInvitation(latchkey, await inviteInto(ada))
    },
    async acceptInvitationWithPasskey(ada) {
      const token = await inviteInto(ada)
      const started = await latchkey.post('/auth/Invitation/Passkey', { token })
      const { options, passkeyToken } = started.body
      const response = new SoftwareAuthenticator(latchkey.origin).create(options)
      return latchkey.post('/auth/Invitation/Passkey/Verify', { token, passkeyToken, response })
    },
    signIn: (ada) => ada.signIn(),
    async verifyMfa(ada) {
      const { mfaToken } = (await ada.signIn()).body
      const code = await ada.wrongCodeFor('authenticator')
      return latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
    },
    reauthenticate: (ada) => ada.post('/auth/Reauthenticate', { password: ada.password }),
    async verifyPasskeySignIn(ada) {
      const passkey = await addPasskey(latchkey, ada)
      return signInWithPasskey(latchkey, passkey, { tampering: { unregisteredKey: true } })
    },
    async refresh(ada) {
      const { mfaToken } = (await ada.signIn()).body
      return latchkey.post('/auth/Refresh', { refreshToken: mfaToken })
    },
  }

  test('no link begins a session: every call that can return tokens is a POST', async () => {
    const issuing = (await operations(latchkey)).filter(({ returnsTokens }) => returnsTokens)
    assert.deepEqual(new Set(issuing.map(({ method }) => method)), new Set(['POST']))
  })

  // Abuse case (Second factor skipped): The sign-in call required it, but another call that
  // signs in did not (CVE-2026-8293, ory/kratos #3408).
  test('no call that can return tokens does so for the password alone while MFA is on', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const issuing = (await operations(latchkey)).filter(({ returnsTokens }) => returnsTokens)
    assert.ok(issuing.length >= 6)
    for (const { operationId } of issuing) {
      const attempt = attempts[operationId]
      assert.ok(attempt, `${operationId} can sign in: add an attempt without the second factor`)
      const { status, headers, body } = await attempt(ada)
      if (status === 200) assert.equal(body.status, 'mfaRequired', operationId)
      // 409: the address of the invitation has an account already.
      else assert.ok([401, 409].includes(status), `${operationId} ${status}`)
      assert.ok(!('accessToken' in body || 'refreshToken' in body), operationId)
      assert.equal(headers.get('set-cookie'), null, operationId)
    }
  })
})
