/** The assurance level and the access of a sign-in by passkey. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { decodeToken } from '../../support/forge-token.ts'
import { type ApiResponse, onEachDatabase } from '../../support/latchkey.ts'
import { openSecondSession } from '../../support/mfa.ts'
import type { Owner } from '../../support/owner.ts'
import {
  addPasskey,
  requestMfaToken,
  signInWithPasskey,
  turnOnWithPasskey,
} from '../../support/passkeys.ts'
import { openPasswordOnlySession } from '../../support/password-only-session.ts'

const minute = 60_000

const claimsOf = ({ body }: ApiResponse) => decodeToken(body.accessToken).claims

/** Refreshes the session, because access tokens expire ten minutes into a test's time travel. */
async function refreshSession(
  latchkey: { post(path: string, body: unknown): Promise<ApiResponse> },
  ada: Owner,
): Promise<ApiResponse> {
  const { refreshToken } = ada
  return ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
}

onEachDatabase((latchkey) => {
  for (const synced of [false, true]) {
    const key = synced ? 'swk' : 'hwk'
    test(`a token states how its owner signed in, and how strong that is: ${key}`, async () => {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, ada, { synced, hasCounter: !synced })
      assert.equal(decodeToken(ada.accessToken).claims.acr, 'aal1')

      const alone = claimsOf(await signInWithPasskey(latchkey, passkey))
      assert.deepEqual([alone.amr, alone.acr], [[key, 'user', 'mfa'], 'aal2'])

      await turnOnWithPasskey(ada, passkey)
      // Turning MFA on raised the level of its own session.
      const strengthened = claimsOf(await refreshSession(latchkey, ada))
      assert.deepEqual(
        [...(strengthened.amr as string[])].sort(),
        [key, 'mfa', 'pwd', 'user'].sort(),
      )
      assert.equal(strengthened.acr, 'aal2')

      const mfaToken = await requestMfaToken(ada)
      const second = claimsOf(await signInWithPasskey(latchkey, passkey, { mfaToken }))
      assert.deepEqual([second.amr, second.acr], [['pwd', key, 'user', 'mfa'], 'aal2'])

      travel(2000)
      const call = { token: ada.accessToken }
      const confirmed = claimsOf(await signInWithPasskey(latchkey, passkey, { call }))
      assert.deepEqual([confirmed.amr, confirmed.acr], [[key, 'user', 'mfa'], 'aal2'])
      const before = decodeToken(ada.accessToken).claims
      assert.equal(confirmed.sid, before.sid, 'the same session')
      assert.ok(Number(confirmed.auth_time) >= Number(before.auth_time) + 2)
      assert.ok(Math.abs(Number(confirmed.auth_time) - Date.now() / 1000) < 30)
    })
  }

  test('a passkey confirms an old sign-in, which may then make changes', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const old = ada.refreshToken
    travel(16 * minute)
    await refreshSession(latchkey, ada)
    const refused = await ada.delete('/settings/MfaSignIn')
    assert.equal(refused.body.code, 'insufficient_user_authentication')
    assert.match(refused.headers.get('www-authenticate') ?? '', /acr_values="aal2"/)

    ada.storeTokens(
      await signInWithPasskey(latchkey, passkey, { call: { token: ada.accessToken } }),
    )
    assert.notEqual(ada.refreshToken, old)
    const { sessions } = (await ada.get('/settings/Sessions')).body
    assert.equal(sessions.length, 1, 'no new session')
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)
  })

  test('a passkey completes a reauthentication that began with the password, in the same session', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const { sid } = decodeToken(ada.accessToken).claims
    travel(9 * minute)
    await refreshSession(latchkey, ada)
    travel(8 * minute)
    const { password } = ada
    const begun = await ada.post('/auth/Reauthenticate', { password })
    assert.equal(begun.body.mfaMethod, 'passkey')
    const before = await ada.delete('/settings/MfaSignIn')
    assert.equal(before.body.code, 'insufficient_user_authentication', 'the password is not enough')

    const { mfaToken } = begun.body
    const confirmed = ada.storeTokens(await signInWithPasskey(latchkey, passkey, { mfaToken }))
    assert.equal(claimsOf(confirmed).sid, sid)
    assert.deepEqual(claimsOf(confirmed).amr, ['pwd', 'hwk', 'user', 'mfa'])
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)
  })

  // Abuse case (Passkeys): A password-only session removed the second factor (CVE-2026-3429) or
  // added another one.
  test('a password-only session changes no passkey once MFA is on', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const weak = await openPasswordOnlySession(latchkey, ada)
    const begun = await ada.startPasskeyRegistration()
    assert.equal(begun.status, 200)

    for (const [method, path, body] of [
      ['DELETE', '/settings/MfaSignIn', undefined],
      ['POST', '/settings/Passkeys', undefined],
      ['POST', '/settings/Passkeys/Verify', { response: passkey.create(begun.body.options) }],
      ['DELETE', `/settings/Passkeys/${passkey.id}`, undefined],
      ['POST', '/settings/MfaSignIn', { mfaMethod: 'passkey' }],
      ['POST', '/settings/RecoveryCodes', undefined],
    ] as const) {
      const call = { token: weak.accessToken, body }
      const answer = await latchkey.request(method, path, call)
      assert.equal(answer.status, 401, `${method} ${path}`)
      assert.equal(answer.body.code, 'insufficient_user_authentication')
    }
    assert.equal((await ada.get('/settings/Passkeys')).body.passkeys.length, 1)
    // After reauthentication by passkey, it may turn MFA off.
    weak.storeTokens(
      await signInWithPasskey(latchkey, passkey, { call: { token: weak.accessToken } }),
    )
    assert.equal((await weak.delete('/settings/MfaSignIn')).status, 200)
  })

  test('turning MFA on by passkey ends the other sessions', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const other = await openSecondSession(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    assert.equal((await other.get('/settings')).body.code, 'invalid_token')
    assert.equal((await ada.get('/settings')).status, 200)
  })

  test('the last passkey cannot be removed while MFA is on and it is the only method: a pending one does not count', async () => {
    const ada = await latchkey.owner()
    const [one, pending] = [await addPasskey(latchkey, ada), await addPasskey(latchkey, ada)]
    await turnOnWithPasskey(ada, one)
    const two = await addPasskey(latchkey, ada)
    const first = await ada.delete(`/settings/Passkeys/${one.id}`)
    assert.equal(first.body.mfaSignIn.mfaMethod, 'passkey', 'there is another')
    const last = await ada.delete(`/settings/Passkeys/${two.id}`)
    assert.equal(last.status, 409)
    assert.equal(last.body.code, 'last_method')
    assert.equal((await signInWithPasskey(latchkey, two)).status, 200)
    assert.equal((await ada.delete(`/settings/Passkeys/${pending.id}`)).status, 200)

    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)
    assert.equal((await ada.delete(`/settings/Passkeys/${two.id}`)).status, 200)
  })

  test('of two concurrent removals of the last two passkeys, one is rejected', async () => {
    const ada = await latchkey.owner()
    const one = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, one)
    const two = await addPasskey(latchkey, ada)
    const answers = await Promise.all(
      [one, two].map(({ id }) => ada.delete(`/settings/Passkeys/${id}`)),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
    assert.equal((await ada.get('/settings/Passkeys')).body.passkeys.length, 1)
  })

  test('removing the last passkey makes the strongest remaining method the default', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email')
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const removed = await ada.delete(`/settings/Passkeys/${passkey.id}`)
    assert.equal(removed.body.mfaSignIn.mfaMethod, 'authenticator')
    assert.deepEqual(removed.body.mfaSignIn.availableMethods, ['authenticator', 'email'])
    assert.equal((await ada.signIn()).body.mfaMethod, 'authenticator')

    // Removing a passkey that is not the default leaves the default as it is.
    const spare = await addPasskey(latchkey, ada)
    const without = await ada.delete(`/settings/Passkeys/${spare.id}`)
    assert.equal(without.body.mfaSignIn.mfaMethod, 'authenticator')
  })

  // Abuse case (Trusted devices): A device stayed trusted after a change of credentials.
  test('a sign-in by passkey can remember the device, until the next change of credentials', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const mfaToken = await requestMfaToken(ada)
    for (const more of [{ mfaToken }, {}]) {
      const answer = await signInWithPasskey(latchkey, passkey, { ...more, rememberDevice: true })
      const { deviceToken } = ada.storeTokens(answer).body
      const { email, password } = ada
      const signIn = () => latchkey.post('/auth/SignIn', { email, password, deviceToken })
      const trusted = await signIn()
      assert.equal(trusted.body.status, 'signedIn')
      assert.equal(claimsOf(trusted).acr, 'aal1', 'only the password was verified')
      await addPasskey(latchkey, ada)
      assert.equal((await signIn()).body.status, 'mfaRequired')
    }
    ada.storeTokens(await signInWithPasskey(latchkey, passkey))
    const { email, password, deviceToken } = ada
    const unasked = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assert.equal(unasked.body.status, 'mfaRequired')
  })
})

onEachDatabase(
  (latchkey) => {
    test('where MFA is required, a passkey sets it up, and no earlier session has full access', async () => {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, ada)
      const alone = await signInWithPasskey(latchkey, passkey)
      assert.equal(alone.body.mfaSetUpRequired, true)
      const { accessToken: token } = alone.body
      for (const [method, path] of [
        ['GET', '/settings'],
        ['DELETE', `/settings/Passkeys/${passkey.id}`],
        ['GET', '/settings/Activity'],
      ] as const) {
        const answer = await latchkey.request(method, path, { token })
        assert.equal(answer.body.code, 'mfa_set_up_required', path)
      }
      ada.storeTokens(alone)
      await turnOnWithPasskey(ada, passkey)
      const full = await refreshSession(latchkey, ada)
      assert.equal(full.body.mfaSetUpRequired, undefined)
      assert.equal((await ada.get('/settings')).status, 200)
      assert.equal((await ada.delete('/settings/MfaSignIn')).body.code, 'mfa_required_by_policy')
      const last = await ada.delete(`/settings/Passkeys/${passkey.id}`)
      assert.equal(last.body.code, 'last_method')
    })
  },
  { LATCHKEY_MFA_POLICY: 'required' },
)
