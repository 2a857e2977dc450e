/**
 * Changes to how the owner signs in require a recent sign-in and, while MFA is on, one with MFA.
 * The tests try every operation of openapi.json, so that new ones are covered.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountStateOf, mfaMethods } from '../support/mfa.ts'
import { operations } from '../support/openapi.ts'
import { Owner } from '../support/owner.ts'
import { addPasskey } from '../support/passkeys.ts'
import { openPasswordOnlySession } from '../support/password-only-session.ts'
import { assertMfaRequired, assertStatus } from '../support/responses.ts'

/** No step-up: ending sessions and applications only makes an account safer, and language and profile give no access. */
const withoutStepUp = [
  'endOtherSessions',
  'endSession',
  'removeAccountApp',
  'changeLanguage',
  'changeProfile',
]

onEachDatabase((latchkey) => {
  /** Tries every changing operation under /settings, with the id of an existing row. */
  async function assertChangesNothing(weak: Owner, ada: Owner): Promise<void> {
    const { trustedDevices } = (await ada.get('/settings/TrustedDevices')).body
    const { passkeys } = (await ada.get('/settings/Passkeys')).body
    const before = await accountStateOf(latchkey, ada)
    const calls = (await operations(latchkey)).filter(
      ({ method, path, operationId }) =>
        method !== 'GET' && path.startsWith('/settings') && !withoutStepUp.includes(operationId),
    )
    assert.ok(calls.length >= 11, `${calls.length} calls`)
    for (const { method, path, operationId } of calls) {
      const { id } = path.includes('Passkeys') ? passkeys[0] : trustedDevices[0]
      const refused = await latchkey.request(method, path.replace('{id}', id), {
        token: weak.accessToken,
      })
      assert.equal(
        `${refused.status} ${refused.body.code}`,
        '401 insufficient_user_authentication',
        operationId,
      )
    }
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    const after = (await ada.get('/settings/TrustedDevices')).body
    assert.deepEqual(after.trustedDevices, trustedDevices)
  }

  async function addPasskeyAndDevice(ada: Owner): Promise<void> {
    await addPasskey(latchkey, ada)
    const { mfaToken } = (await ada.signIn()).body
    const code = ada.authenticator.nextCode()
    const answer = { mfaToken, code, rememberDevice: true }
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', answer))
  }

  // Abuse case (MFA changed by an attacker): A password-only session turned
  // MFA off (CVE-2026-3429).
  test('a session made without MFA can add, replace and remove nothing that decides how its owner signs in', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await addPasskeyAndDevice(ada)
    const weak = await openPasswordOnlySession(latchkey, ada)
    await assertChangesNothing(weak, ada)
  })

  // Abuse case (MFA changed by an attacker): A browser signed in hours ago
  // was enough to change how its owner signs in (GHSA-hp74-gm6m-2qm5).
  test('a session whose sign-in is too old can add, replace and remove nothing that decides how its owner signs in', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await addPasskeyAndDevice(ada)
    travel(901_000)
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    await assertChangesNothing(ada, ada)
  })

  for (const method of mfaMethods.filter((name) => name !== 'email')) {
    // Abuse case (MFA changed by an attacker): Where codes by email were the default method, who had
    // the password and the mailbox removed the owner’s app.
    test(`beside ${method}, a session that a code by email signed in can change nothing, even if email is the default`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })
      if (method !== 'passkey') await addPasskey(latchkey, ada)
      await ada.turnOn('email')

      const weak = new Owner(latchkey, { email: ada.email, password: ada.password })
      const { mfaToken, mfaMethod } = assertMfaRequired(await weak.signIn())
      assert.equal(mfaMethod, 'email')
      const answer = { mfaToken, code: await weak.codeFor('email'), rememberDevice: true }
      weak.storeTokens(await latchkey.post('/auth/SignIn/Mfa', answer))
      await assertChangesNothing(weak, ada)

      const { password } = ada
      const confirming = assertMfaRequired(await weak.post('/auth/Reauthenticate', { password }))
      assert.equal(confirming.mfaMethod, 'passkey')
    })
  }

  test('an owner who lost the app removes it with a recovery code, not with a code by email', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email')
    const mfaToken = assertMfaRequired(await ada.signIn()).mfaToken
    const [code] = ada.recoveryCodes
    const mfaMethod = 'recoveryCode'
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod, code }))
    assertStatus(await ada.delete('/settings/MfaSecret'), 200)

    // Codes by email are all that is left, so they suffice.
    await ada.signInFully()
    assertStatus(await ada.delete('/settings/MfaSignIn'), 200)
  })
})
