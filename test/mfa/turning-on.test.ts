import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import {
  accountStateOf,
  codeMethods,
  countLiveSessions,
  mfaActivityOf,
  mfaMethods,
  mfaNoticesTo,
  openSecondSession,
  submitMfaCode,
} from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'
import { openPasswordOnlySession } from '../support/password-only-session.ts'
import { assertBody } from '../support/responses.ts'

async function assertOff(owner: Owner): Promise<void> {
  const mfaOff = { enabled: false, mfaMethod: null, availableMethods: [], changedAt: null }
  assertBody(await owner.get('/settings/MfaSignIn'), 200, mfaOff)
  assert.equal((await owner.signIn()).body.status, 'signedIn')
}

onEachDatabase((latchkey) => {
  for (const method of codeMethods) {
    // Abuse case (MFA changed by an attacker): MFA was turned on with a
    // method that was not verified, which locked the owner out.
    test(`${method} is never turned on without verification`, async () => {
      const ada = await latchkey.owner()
      const request = {
        mfaMethod: method,
        ...(method === 'sms' && { phoneNumber: ada.phoneNumber }),
      }
      const guessed = await ada.post('/settings/MfaSignIn', { ...request, code: '123456' })
      assert.equal(
        guessed.body.code,
        method === 'authenticator' ? 'method_not_set_up' : 'invalid_code',
      )
      await assertOff(ada)

      if (method === 'authenticator') await ada.enrollAuthenticator()
      else assert.equal((await ada.post('/settings/MfaSignIn', request)).status, 202)
      await assertOff(ada)
      const code = await ada.wrongCodeFor(method)
      const wrong = await ada.post('/settings/MfaSignIn', { ...request, code })
      assert.equal(wrong.status, 401)
      assert.equal(wrong.body.code, 'invalid_code')
      assert.equal(wrong.headers.get('www-authenticate'), 'Bearer')
      await assertOff(ada)
      assert.deepEqual(await mfaNoticesTo(latchkey, ada.email), [])
    })
  }

  for (const method of mfaMethods) {
    // Abuse case (Reuse of codes and tokens): Two concurrent requests both used one code.
    test(`${method}: twelve concurrent calls with one right code turn it on once and notify the owner once`, async () => {
      const ada = await latchkey.owner()
      const proof = await ada.prepareTurnOn(method)
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => ada.post('/settings/MfaSignIn', proof)),
      )
      const accepted = answers.filter(({ status }) => status === 200)
      assert.equal(accepted.length, 1)
      assert.equal(accepted[0]?.body.recoveryCodes.length, 10)
      for (const { status, body } of answers) {
        const rejection = method === 'passkey' ? 'invalid_passkey' : 'invalid_code'
        if (status !== 200) assert.equal(body.code, rejection)
      }
      assert.deepEqual(await mfaActivityOf(ada), ['recovery_codes.generated', 'mfa.on'])
      assert.equal((await mfaNoticesTo(latchkey, ada.email)).length, 1)
    })

    test(`${method}: turning it on when it is on succeeds and changes nothing`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })
      const before = await accountStateOf(latchkey, ada)
      const again = await ada.post('/settings/MfaSignIn', { mfaMethod: method })
      assert.equal(again.status, 200)
      assert.deepEqual(again.body, (await ada.get('/settings/MfaSignIn')).body)
      assert.equal(again.body.recoveryCodes, undefined)
      assert.deepEqual(await accountStateOf(latchkey, ada), before)
    })
  }

  // Abuse case (MFA changed by an attacker): Earlier sessions stayed live,
  // unnoticed, when MFA was turned on.
  test('turning MFA on ends every other session and its tokens', async () => {
    const ada = await latchkey.owner()
    const others = [await openSecondSession(latchkey, ada), await openSecondSession(latchkey, ada)]
    await ada.turnOn('sms')
    for (const other of others) {
      assert.equal((await other.get('/settings/MfaSignIn')).body.code, 'invalid_token')
      const { refreshToken } = other
      const refreshed = await latchkey.post('/auth/Refresh', { refreshToken })
      assert.equal(refreshed.body.code, 'invalid_refresh_token')
    }
    assert.equal(await countLiveSessions(latchkey, ada), 1)
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)
  })

  // Abuse case (MFA changed by an attacker): A password-only session turned
  // MFA off (CVE-2026-3429).
  test('a password-only session can neither change how the owner signs in nor use a code up', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const other = await openPasswordOnlySession(latchkey, ada)
    assert.equal((await other.get('/settings/MfaSignIn')).body.enabled, true)
    assert.equal((await other.get('/settings/Activity')).status, 200)

    const code = ada.authenticator.nextCode()
    const changes = [
      await other.delete('/settings/MfaSignIn'),
      await other.delete('/settings/MfaSecret'),
      await other.post('/settings/MfaSecret'),
      await other.post('/settings/MfaSignIn', { mfaMethod: 'email' }),
      await other.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code }),
    ]
    for (const refused of changes) {
      assert.equal(refused.status, 401)
      assert.equal(refused.body.code, 'insufficient_user_authentication')
      assert.match(refused.headers.get('www-authenticate') ?? '', /acr_values="aal2"$/)
    }
    const begun = await ada.signIn()
    assert.equal(
      (await submitMfaCode(latchkey, begun, { code })).status,
      200,
      'the code was not used up',
    )
  })

  // Abuse case (Reuse of codes and tokens): A code of another account or another session
  // was accepted.
  test('a set-up code works only in the session that requested it', async () => {
    const ada = await latchkey.owner()
    const other = await openSecondSession(latchkey, ada)
    const bob = await latchkey.owner()
    const request = { mfaMethod: 'sms', phoneNumber: ada.phoneNumber }
    await ada.post('/settings/MfaSignIn', request)
    const code = await ada.codeFor('sms')

    for (const stranger of [bob, other]) {
      const refused = await stranger.post('/settings/MfaSignIn', { ...request, code })
      assert.equal(refused.body.code, 'invalid_code')
    }
    // Bob requests a code to the same number: Ada's still does not work for him.
    await bob.post('/settings/MfaSignIn', request)
    if ((await ada.codeFor('sms')) !== code) {
      const refused = await bob.post('/settings/MfaSignIn', { ...request, code })
      assert.equal(refused.body.code, 'invalid_code')
    }
    await assertOff(bob)
    assert.equal((await ada.post('/settings/MfaSignIn', { ...request, code })).status, 200)
  })

  // Abuse case (Reuse of codes and tokens): A code for one purpose was accepted for another
  // (CVE-2026-18963).
  test('a sign-in code sets nothing up, and a set-up code signs nobody in', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const begun = await ada.signIn()
    const signInCode = await ada.codeFor('email')
    const refused = await ada.post('/settings/MfaSignIn', {
      mfaMethod: 'email',
      email: ada.email,
      code: signInCode,
    })
    assert.equal(refused.body.code, 'invalid_code')

    const request = { mfaMethod: 'sms', phoneNumber: ada.phoneNumber }
    await ada.post('/settings/MfaSignIn', request)
    const setUpCode = await ada.codeFor('sms')
    for (const mfaMethod of ['email', 'sms'] as const) {
      const stranger = await submitMfaCode(latchkey, begun, { code: setUpCode, mfaMethod })
      if (setUpCode !== signInCode) assert.equal(stranger.body.code, 'invalid_code')
    }
  })

  // Abuse case (MFA changed by an attacker): A new number or address was
  // used before it was verified (CVE-2026-27946, CVE-2026-54693).
  test('an address is used once it is verified, and not with a code for another address', async () => {
    const ada = await latchkey.owner()
    const otherEmail = `other-${ada.email}`
    await ada.post('/settings/MfaSignIn', { mfaMethod: 'email' })
    const code = await ada.codeFor('email')
    const swapped = await ada.post('/settings/MfaSignIn', {
      mfaMethod: 'email',
      email: otherEmail,
      code,
    })
    assert.equal(swapped.body.code, 'invalid_code')
    const sent = await ada.post('/settings/MfaSignIn', { mfaMethod: 'email', email: otherEmail })
    assert.equal(sent.status, 202)
    await assertOff(ada)

    const proof = await latchkey.codeSentTo(otherEmail)
    const on = await ada.post('/settings/MfaSignIn', {
      mfaMethod: 'email',
      email: otherEmail,
      code: proof,
    })
    assert.equal(on.status, 200)
    await ada.signIn()
    const [toOther, toOwn] = [await latchkey.inbox(otherEmail), await latchkey.inbox(ada.email)]
    assert.match(toOther[0]?.text ?? '', /finish signing in/)
    assert.doesNotMatch(toOwn[0]?.text ?? '', /finish signing in/)
  })

  // Abuse case (MFA changed by an attacker): A new number or address was
  // used before it was verified (CVE-2026-27946, CVE-2026-54693).
  test('while MFA is on, texts go to the old number until the new one is verified', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const old = ada.phoneNumber
    const next = old.replace('+1415', '+1212')
    const request = { mfaMethod: 'sms', phoneNumber: next }
    const sent = await ada.post('/settings/MfaSignIn', request)
    assert.equal(sent.status, 202)

    const before = await ada.signIn()
    assert.equal(before.body.sentTo, `+1•••••••${old.slice(-2)}`)
    const oldCode = await latchkey.codeSentTo(old)
    const code = await latchkey.codeSentTo(next)
    const textsToOld = (await latchkey.inbox(old)).length

    const changed = await ada.post('/settings/MfaSignIn', { ...request, code })
    assert.equal(changed.status, 200)
    assert.deepEqual(changed.body.availableMethods, ['sms'])
    const late = await submitMfaCode(latchkey, before, { code: oldCode })
    assert.equal(late.body.code, 'mfa_token_expired')
    const begun = await ada.signIn()
    assert.equal((await latchkey.inbox(old)).length, textsToOld, 'the old number gets no texts')
    const newCode = await latchkey.codeSentTo(next)
    assert.equal((await submitMfaCode(latchkey, begun, { code: newCode })).status, 200)
    assert.equal((await mfaActivityOf(ada))[0], 'mfa.method_added')
  })

  test('of two methods verified concurrently one becomes the default, and the account stays consistent', async () => {
    const ada = await latchkey.owner()
    await ada.enrollAuthenticator()
    const sms = { mfaMethod: 'sms', phoneNumber: ada.phoneNumber }
    await ada.post('/settings/MfaSignIn', sms)
    const smsCode = await ada.codeFor('sms')
    const appCode = ada.authenticator.nextCode()
    const answers = await Promise.all([
      ada.post('/settings/MfaSignIn', { ...sms, code: smsCode }),
      ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code: appCode }),
    ])
    const right = answers.filter(({ status }) => status === 200)
    assert.ok(right.length > 0)
    assert.equal(right.filter(({ body }) => body.recoveryCodes).length, 1)
    const begun = await ada.signIn()
    const code = await ada.codeFor(begun.body.mfaMethod)
    assert.equal((await submitMfaCode(latchkey, begun, { code })).status, 200)
  })
})
