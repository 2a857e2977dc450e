import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { codeMethods, mfaMethods, mfaNoticesTo, submitMfaCode } from '../support/mfa.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'
import { assertBody, assertMfaRequired, assertStatus } from '../support/responses.ts'

const masked = {
  authenticator: undefined,
  sms: /^\+1•••••••[0-9]{2}$/,
  email: /^o•••@example\.com$/,
}

onEachDatabase((latchkey) => {
  for (const method of codeMethods) {
    // Abuse case (Reuse of codes and tokens): An app’s code could be reused within its 30
    // seconds (CVE-2026-82470, CVE-2025-6014, GHSA-96qm-hwhp-2rm8).
    // Abuse case (Second factor skipped): MFA that users had turned on was enforced only
    // where the operator required it, or not for every method (CVE-2025-64103, CVE-2024-45042).
    test(`with MFA by ${method}, the right code completes a sign-in, once, and no other code does`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })

      const begun = await ada.signIn()
      assert.equal(begun.status, 200)
      const { status, mfaToken, mfaMethod, availableMethods, sentTo, expiresIn, ...more } =
        begun.body
      assert.deepEqual(more, {}, 'the right password alone gets nothing else')
      assert.equal(status, 'mfaRequired')
      assert.match(mfaToken, /^[A-Za-z0-9_-]{43}$/)
      assert.equal(mfaMethod, method)
      assert.deepEqual(availableMethods, [method, 'recoveryCode'])
      assert.equal(expiresIn, 600)
      if (masked[method]) assert.match(sentTo, masked[method])
      else assert.equal(sentTo, undefined)
      assert.equal(begun.headers.get('set-cookie'), null)

      const wrong = await ada.wrongCodeFor(method)
      const refused = await submitMfaCode(latchkey, begun, { code: wrong })
      assert.equal(refused.status, 401)
      assert.equal(refused.body.code, 'invalid_code')
      assert.equal(refused.body.attemptsLeft, 4)
      assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/)

      const code = await ada.codeFor(method)
      const entered = await submitMfaCode(latchkey, begun, { code })
      assert.equal(entered.status, 200)
      ada.storeTokens(entered)
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)

      const again = await submitMfaCode(latchkey, begun, { code })
      assert.equal(again.status, 401)
      assert.equal(again.body.code, 'mfa_token_expired', 'one sign-in, one session')
      const replayed = await submitMfaCode(latchkey, await ada.signIn(), { code })
      assert.equal(replayed.status, 401)
      assert.equal(replayed.body.code, 'invalid_code', 'one code, one sign-in')
    })

    test(`${method}: five wrong codes end a sign-in, and the right code is then too late`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })
      const begun = await ada.signIn()
      const wrong = await ada.wrongCodeFor(method)
      for (const left of [4, 3, 2, 1, 0]) {
        const refused = await submitMfaCode(latchkey, begun, { code: wrong })
        assert.equal(refused.body.attemptsLeft, left)
      }
      const code = await ada.codeFor(method)
      const late = await submitMfaCode(latchkey, begun, { code })
      assert.equal(late.status, 401)
      assert.equal(late.body.code, 'mfa_token_expired')
    })
  }

  for (const method of mfaMethods) {
    test(`${method}: with MFA off no sign-in requires it, and turned on again every sign-in does`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })
      const waiting = await ada.signIn()
      const complete = await ada.prepareSecondFactor(waiting)
      const completeLater = await ada.prepareSecondFactor(waiting)

      const off = await ada.delete('/settings/MfaSignIn')
      assertBody(off, 200, { enabled: false, mfaMethod: null, availableMethods: [method] })
      const expired = method === 'passkey' ? 'passkey_token_expired' : 'mfa_token_expired'
      assert.equal((await complete()).body.code, expired, 'a pending sign-in is void')
      const open = await ada.signIn()
      ada.storeTokens(open)

      travel(60_000)
      const on = await ada.turnOn(method)
      assertBody(on, 200, { enabled: true, mfaMethod: method, availableMethods: [method] })
      assert.ok(on.body.changedAt > off.body.changedAt)
      const { recoveryCodes: _, ...mfaSignIn } = on.body
      assert.deepEqual((await ada.get('/settings/MfaSignIn')).body, mfaSignIn)
      const required = await ada.signIn()
      assert.equal(required.body.mfaMethod, method)
      assert.equal((await completeLater()).body.code, expired)
      ada.storeTokens(await (await ada.prepareSecondFactor(required))())
      assert.equal((await mfaNoticesTo(latchkey, ada.email)).length, 3)
    })

    test(`${method}: the session that turned MFA on turns it off with the same token`, async () => {
      const ada = await latchkey.owner()
      const { accessToken } = ada
      await ada.turnOn(method)
      assert.equal(ada.accessToken, accessToken)
      assert.equal((await ada.delete('/settings/MfaSignIn')).body.enabled, false)
    })
  }

  test('an app that is set up turns MFA on again with one call', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    const code = ada.authenticator.nextCode()
    const on = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
    assert.equal(on.body.enabled, true)
  })

  test('a verified number need not be entered again', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.delete('/settings/MfaSignIn')
    const sent = await ada.post('/settings/MfaSignIn', { mfaMethod: 'sms' })
    assert.equal(sent.status, 202)
    assert.equal(sent.body.sentTo, `+1•••••••${ada.phoneNumber.slice(-2)}`)
    const code = await ada.codeFor('sms')
    const on = await ada.post('/settings/MfaSignIn', { mfaMethod: 'sms', code })
    assert.equal(on.body.enabled, true)
  })

  test('methods are listed strongest first, whichever is the default', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.turnOn('email')
    await ada.turnOn('passkey')
    const { body } = await ada.turnOn('authenticator')
    assert.deepEqual(body.availableMethods, mfaMethods)

    for (const method of mfaMethods.toReversed()) {
      const changed = await ada.turnOn(method)
      assert.equal(changed.body.mfaMethod, method)
      assert.deepEqual(changed.body.availableMethods, mfaMethods)
      assert.equal(changed.body.recoveryCodes, undefined)
      const begun = await ada.signIn()
      assert.equal(begun.body.mfaMethod, method)
      assert.deepEqual(begun.body.availableMethods, [...mfaMethods, 'recoveryCode'])
    }
  })

  // Abuse case (MFA changed by an attacker): A sign-in started before the
  // change was completed after it.
  test('changing the method voids a sign-in that waits for a code of the former one', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const waiting = await ada.signIn()
    const code = await ada.codeFor('sms')
    await ada.turnOn('authenticator')
    const late = await submitMfaCode(latchkey, waiting, { code })
    assert.equal(late.body.code, 'mfa_token_expired')
  })
})

onEachDatabase(
  (latchkey) => {
    test('the operator’s list ranks the methods, and a method that is not listed cannot be chosen', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const { body } = await ada.turnOn('email')
      assert.deepEqual(body.availableMethods, ['email', 'authenticator'])

      const refused = await ada.post('/settings/MfaSignIn', {
        mfaMethod: 'sms',
        phoneNumber: ada.phoneNumber,
      })
      assert.equal(refused.status, 400)
      assert.deepEqual(refused.body.errors, [
        { path: '/mfaMethod', message: 'must be one of: email, authenticator' },
      ])
      assert.deepEqual(await latchkey.inbox(ada.phoneNumber), [])
    })

    // Abuse case (Second factor skipped): Owners of a method that the operator took off the
    // list signed in without a second factor.
    test('a method taken off the list is still required of owners who have it: none of them signs in without it', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.turnOn('email')
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'authenticator' })
      const begun = await ada.signIn()
      assert.equal(begun.body.mfaMethod, 'email')
      assert.deepEqual(begun.body.availableMethods, ['authenticator', 'email', 'recoveryCode'])
      ada.storeTokens(await submitMfaCode(latchkey, begun, { code: await ada.codeFor('email') }))
      const byApp = { mfaMethod: 'authenticator', code: ada.authenticator.nextCode() } as const
      ada.storeTokens(await submitMfaCode(latchkey, await ada.signIn(), byApp))
      const refused = await ada.post('/settings/MfaSignIn', { mfaMethod: 'email' })
      assert.equal(refused.status, 400)
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'email,authenticator' })
    })

    test('a method taken off the list is not accepted beside the default, and does not become it', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.turnOn('email', { setDefault: false })
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'authenticator' })
      const { mfaToken, availableMethods } = assertMfaRequired(await ada.signIn())
      assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])
      const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'email' })
      assertBody(sent, 409, { code: 'method_not_set_up' })
      assertBody(await ada.delete('/settings/MfaSecret'), 409, { code: 'last_method' })
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'email,authenticator' })
    })

    test('beside a method taken off the list, codes by email are on alone: they suffice for changes, and a new passkey is pending', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.turnOn('email')
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'email,passkey' })
      await ada.signInFully()
      assertStatus(await ada.post('/settings/RecoveryCodes'), 200)
      const passkey = await addPasskey(latchkey, ada)
      assertBody(await ada.get('/settings/MfaSignIn'), 200, {
        availableMethods: ['email'],
        pendingMethods: ['passkey'],
      })
      assertStatus(await signInWithPasskey(latchkey, passkey), 401)

      // Turning the passkey on opens an epoch, which the app does not belong to when it is back.
      const request = { mfaMethod: 'passkey', passkeyId: passkey.id }
      const { options } = assertStatus(await ada.post('/settings/MfaSignIn', request), 202).body
      const assertion = passkey.get(options)
      assertStatus(await ada.post('/settings/MfaSignIn', { ...request, assertion }), 200)
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'email,authenticator,passkey' })
      assertBody(await ada.get('/settings/MfaSignIn'), 200, {
        availableMethods: ['passkey'],
        pendingMethods: ['email', 'authenticator'],
      })
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'email,authenticator' })
    })

    test('after a reset, codes by email that signed in alone do not count beside a method that is offered again', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.turnOn('email')
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'email' })
      await ada.resetPassword('a new sentence of the owner')
      const { availableMethods } = assertMfaRequired(await ada.signIn())
      assert.deepEqual(availableMethods, ['email', 'recoveryCode'])
      await ada.signInFully()
      await latchkey.restart({ LATCHKEY_MFA_METHODS: 'email,authenticator' })
      const again = assertMfaRequired(await ada.signIn())
      assert.deepEqual(again.availableMethods, ['authenticator', 'recoveryCode'])
    })
  },
  { LATCHKEY_MFA_METHODS: 'email,authenticator' },
)
