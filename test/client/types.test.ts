/**
 * `tsc` rejects requests that the service would reject. `npm run check` fails if a line that is
 * marked as an expected error compiles.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLatchkey, type MfaSignIn, type SignedIn } from '../../client/latchkey.ts'
import { onDatabase } from '../support/latchkey.ts'

onDatabase('SQLite', (latchkey) => {
  test('a missing, unknown or mistyped field does not compile', async () => {
    const { auth, settings } = createLatchkey({ baseUrl: latchkey.origin })
    const password = 'a long sentence'
    const answers = [
      // @ts-expect-error: no password
      await auth.signIn.post({ email: 'ada@example.com' }),
      // @ts-expect-error: a typo
      await auth.signIn.post({ email: 'ada@example.com', passwort: password }),
      // @ts-expect-error: an unknown field
      await auth.signIn.post({ email: 'ada@example.com', password, remember: true }),
      // @ts-expect-error: a number
      await auth.signIn.mfa.post({ mfaToken: 'x', code: 123456 }),
      // @ts-expect-error: no such method
      await auth.signIn.mfaCode.post({ mfaToken: 'x', mfaMethod: 'pigeon' }),
      // @ts-expect-error: null instead of undefined
      await auth.signIn.post({ email: 'ada@example.com', password, deviceToken: null }),
    ]
    for (const answer of answers) {
      assert.ok(!answer.ok)
      assert.equal(answer.problem.code, 'invalid_request')
    }

    // Optional fields may be undefined.
    await auth.signIn.post({ email: 'ada@example.com', password, deviceToken: undefined })
    // @ts-expect-error: turning MFA off takes nothing
    await settings.mfaSignIn.delete({ reason: 'none' })
    // @ts-expect-error: an id is needed
    settings.sessions.byId()
    // @ts-expect-error: no such operation
    assert.equal(settings.mfaSignIn.put, undefined)
  })

  test('a response is typed by its HTTP status and its own status, and only once they are checked', async () => {
    const client = createLatchkey({ baseUrl: latchkey.origin })
    const answer = await client.auth.signIn.post({ email: 'ada@example.com', password: 'x' })
    // @ts-expect-error: the call may have failed
    answer.data
    // @ts-expect-error: this operation never returns 201
    if (answer.status === 201) return
    if (answer.ok) {
      // @ts-expect-error: MFA may be required
      answer.data satisfies SignedIn
      if (answer.data.status === 'signedIn') answer.data satisfies SignedIn
      else answer.data.mfaToken satisfies string
    } else assert.equal(answer.problem.code, 'invalid_credentials')

    const on = await client.settings.mfaSignIn.post({ mfaMethod: 'email' })
    if (on.status === 200) on.data satisfies MfaSignIn
    if (on.status === 202) on.data.status satisfies 'codeSent' | 'assertionRequired'
  })

  test('a problem has only the codes of its operation', async () => {
    const client = createLatchkey({ baseUrl: latchkey.origin })
    const off = await client.settings.mfaSignIn.delete()
    assert.ok(!off.ok)
    const { code } = off.problem
    // @ts-expect-error: turning MFA off takes no code
    if (code === 'invalid_code') return
    // These codes are possible here, but not in this test.
    if (code === 'mfa_required_by_policy' || code === 'network') assert.fail(code)
    assert.equal(code, 'missing_token')
  })
})
