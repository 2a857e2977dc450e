/**
 * Where MFA is required, a token from before it is set up gives access only to the calls that set
 * it up. The tests try every operation of openapi.json, so that new ones are covered.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { onEachDatabase } from '../support/latchkey.ts'
import { operations } from '../support/openapi.ts'
import type { Owner } from '../support/owner.ts'

/** The operations that set up a second factor, reauthenticate and sign out. */
const setUpOperations = [
  'readMfaSignIn',
  'turnOnMfaSignIn',
  'turnOffMfaSignIn',
  'readMfaSecret',
  'createMfaSecret',
  'listPasskeys',
  'beginPasskey',
  'addPasskey',
  'reauthenticate',
  'signOut',
]

onEachDatabase((latchkey) => {
  /** Calls every guarded operation. @returns those that do not respond `mfa_set_up_required` */
  async function operationsOpenTo({ accessToken: token }: Owner): Promise<string[]> {
    const open = []
    for (const { method, path, operationId, requiresToken: guarded } of await operations(
      latchkey,
    )) {
      if (!guarded || operationId === 'signOut') continue
      const response = await latchkey.request(method, path.replaceAll(/{\w+}/g, 'x'), {
        token,
        ...(method !== 'GET' && { body: {} }),
      })
      if (response.body?.code !== 'mfa_set_up_required') open.push(operationId)
      else assert.equal(response.status, 403)
    }
    return open.sort()
  }

  // Abuse case (Second factor skipped): Where MFA was required, a user without it got full
  // access by signing in again or refreshing (CVE-2026-94218).
  test('required: a token from before MFA is set up gives access only to the calls that set it up', async () => {
    await latchkey.restart({ LATCHKEY_MFA_POLICY: 'required' })
    const ada = await latchkey.owner()
    const guarded = (await operations(latchkey)).filter((operation) => operation.requiresToken)
    assert.ok(guarded.length > 20)
    const allowed = setUpOperations.filter((name) => name !== 'signOut').sort()
    assert.deepEqual(await operationsOpenTo(ada), allowed)
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
    assert.equal((await ada.post('/auth/SignOut')).status, 204)
  })

  // Abuse case (Second factor skipped): Another service accepted a token that may only set
  // MFA up.
  test('required: other services reject a token from before MFA is set up', async () => {
    await latchkey.restart({
      LATCHKEY_MFA_POLICY: 'required',
      LATCHKEY_AUDIENCE: 'https://shop.test',
    })
    const ada = await latchkey.owner()
    const keys = createLocalJWKSet((await latchkey.get('/.well-known/jwks.json')).body)
    const asShop = () =>
      jwtVerify(ada.accessToken, keys, { issuer: latchkey.origin, audience: 'https://shop.test' })
    await assert.rejects(asShop(), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'aud' })
    await ada.turnOn('authenticator')
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    await asShop()
    await latchkey.restart({ LATCHKEY_AUDIENCE: latchkey.origin })
  })

  // Abuse case (Second factor skipped): A stricter policy did not apply to live sessions.
  test('switching to required restricts live sessions without MFA, and leaves those with MFA as they are', async () => {
    await latchkey.restart({ LATCHKEY_MFA_POLICY: 'optional' })
    const ada = await latchkey.owner()
    const ben = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { deviceToken } = (
      await latchkey.post('/auth/SignIn/Mfa', {
        mfaToken: (await ben.signIn()).body.mfaToken,
        code: ben.authenticator.nextCode(),
        rememberDevice: true,
      })
    ).body
    assert.equal((await ada.get('/settings')).status, 200)

    await latchkey.restart({ LATCHKEY_MFA_POLICY: 'required' })
    assert.deepEqual(
      await operationsOpenTo(ada),
      setUpOperations.filter((name) => name !== 'signOut').sort(),
    )
    const { body } = await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken })
    assert.equal(body.mfaSetUpRequired, true)
    const { email, password } = ben
    const trusted = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assert.equal(trusted.body.status, 'signedIn')
    assert.equal(trusted.body.mfaSetUpRequired, undefined)
    assert.equal((await ben.get('/settings')).status, 200)

    await ada.turnOn('authenticator')
    assert.equal((await ada.get('/settings')).status, 200)
    await latchkey.restart({ LATCHKEY_MFA_POLICY: 'optional' })
  })

  test('after the switch to required, an owner with MFA can neither turn it off nor remove the last method', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await latchkey.restart({ LATCHKEY_MFA_POLICY: 'required' })
    assert.equal((await ada.delete('/settings/MfaSignIn')).body.code, 'mfa_required_by_policy')
    assert.equal((await ada.delete('/settings/PhoneNumber')).body.code, 'last_method')
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)
    await latchkey.restart({ LATCHKEY_MFA_POLICY: 'optional' })
  })
})
