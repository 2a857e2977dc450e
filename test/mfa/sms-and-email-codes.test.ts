import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { openSecondSession, submitMfaCode } from '../support/mfa.ts'
import { assertBody, assertRateLimited } from '../support/responses.ts'

const sentMethods = ['sms', 'email'] as const

onEachDatabase((latchkey) => {
  for (const method of sentMethods) {
    // Abuse case (Guessing): Codes never expired (CVE-2026-8760).
    test(`a code by ${method} signs in for five minutes, and no longer`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })
      const early = await ada.signIn()
      const earlyCode = await ada.codeFor(method)
      travel(295_000)
      assert.equal((await submitMfaCode(latchkey, early, { code: earlyCode })).status, 200)

      const begun = await ada.signIn()
      const code = await ada.codeFor(method)
      travel(301_000)
      const late = await submitMfaCode(latchkey, begun, { code })
      assert.equal(late.status, 401)
      assert.equal(late.body.code, 'invalid_code')

      const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken: begun.body.mfaToken })
      assert.equal(sent.status, 202, 'another code can be requested for the same sign-in')
      const fresh = await ada.codeFor(method)
      assert.equal((await submitMfaCode(latchkey, begun, { code: fresh })).status, 200)
    })

    test(`a set-up code by ${method} is rejected one second after expiresIn`, async () => {
      const ada = await latchkey.owner()
      const request = {
        mfaMethod: method,
        ...(method === 'sms' && { phoneNumber: ada.phoneNumber }),
      }
      const sent = await ada.post('/settings/MfaSignIn', request)
      assert.equal(sent.status, 202)
      assert.equal(sent.body.status, 'codeSent')
      assert.equal(sent.body.retryAfter, 30)
      assert.ok(!JSON.stringify(sent.body).includes(await ada.codeFor(method)))
      const code = await ada.codeFor(method)
      travel((sent.body.expiresIn + 1) * 1000)
      const late = await ada.post('/settings/MfaSignIn', { ...request, code })
      assert.equal(late.status, 401)
      assert.equal(late.body.code, 'invalid_code')
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
    })

    // Abuse case (Guessing): A code with missing digits or additional characters was accepted (npm
    // advisory 1087).
    test(`a code by ${method} may contain spaces, but neither a digit more nor one less`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })
      const begun = await ada.signIn()
      const code = await ada.codeFor(method)
      for (const other of [code.slice(1), code.slice(0, 5), `0${code}`, `${code}0`]) {
        const refused = await submitMfaCode(latchkey, begun, { code: other })
        assert.equal(refused.body.code, 'invalid_code', other.length.toString())
      }
      const spaced = ` ${code.slice(0, 3)} ${code.slice(3)} `
      assert.equal((await submitMfaCode(latchkey, begun, { code: spaced })).status, 200)
    })
  }

  test('a sign-in expires after ten minutes, however new its code is', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const begun = await ada.signIn()
    const { mfaToken } = begun.body
    travel(500_000)
    assert.equal((await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })).status, 202)
    const code = await ada.codeFor('email')
    travel(101_000)
    const late = await submitMfaCode(latchkey, begun, { code })
    assert.equal(late.body.code, 'mfa_token_expired')
    const again = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })
    assert.equal(again.body.code, 'mfa_token_expired')
  })

  // Abuse case (Guessing): Requesting another code restored the attempts.
  test('a code sent again replaces the previous one, and restores no attempts', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const begun = await ada.signIn()
    const { mfaToken } = begun.body
    const oldCode = await ada.codeFor('sms')
    const wrong = await ada.wrongCodeFor('sms')
    for (const left of [4, 3]) {
      const refused = await submitMfaCode(latchkey, begun, { code: wrong })
      assert.equal(refused.body.attemptsLeft, left)
    }

    const early = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })
    const retryAfter = assertRateLimited(early, 'too_many_messages')
    assert.ok(retryAfter >= 1 && retryAfter <= 30)
    assert.equal(await ada.codeFor('sms'), oldCode, 'nothing was sent')

    travel(retryAfter * 1000)
    const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })
    assertBody(sent, 202, {
      status: 'codeSent',
      sentTo: begun.body.sentTo,
      expiresIn: 300,
      retryAfter: 30,
    })
    const freshCode = await ada.codeFor('sms')
    if (freshCode !== oldCode) {
      const dead = await submitMfaCode(latchkey, begun, { code: oldCode })
      assert.equal(dead.body.code, 'invalid_code')
      assert.equal(dead.body.attemptsLeft, 2)
    }
    assert.equal((await submitMfaCode(latchkey, begun, { code: freshCode })).status, 200)
  })

  // Abuse case (Guessing): Requesting another code restored the attempts.
  test('sending again does not reopen a sign-in that five wrong codes have ended', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const begun = await ada.signIn()
    const { mfaToken } = begun.body
    const wrong = await ada.wrongCodeFor('email')
    for (let i = 0; i < 4; i += 1) await submitMfaCode(latchkey, begun, { code: wrong })
    travel(31_000)
    assert.equal((await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })).status, 202)
    const last = await submitMfaCode(latchkey, begun, { code: await ada.wrongCodeFor('email') })
    assert.equal(last.body.attemptsLeft, 0)
    travel(31_000)
    const over = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })
    assert.equal(over.status, 401)
    assert.equal(over.body.code, 'mfa_token_expired')
  })

  test('a code by another method can be requested at once, voids the first code, and restores no attempts', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.turnOn('email', { setDefault: false })
    const begun = await ada.signIn()
    const { mfaToken } = begun.body
    const bySms = await ada.codeFor('sms')

    await submitMfaCode(latchkey, begun, { code: await ada.wrongCodeFor('sms') })
    const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'email' })
    assert.equal(sent.status, 202)
    const again = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })
    assert.equal(again.status, 429, 'not by the same method')
    assert.match(sent.body.sentTo, /^o•••@example\.com$/)
    const byEmail = await ada.codeFor('email')
    if (bySms !== byEmail) {
      for (const [mfaMethod, left] of [
        [undefined, 3],
        ['sms', 2],
        ['email', 1],
      ] as const) {
        const answer = { code: bySms, ...(mfaMethod && { mfaMethod }) }
        const dead = await submitMfaCode(latchkey, begun, answer)
        assert.equal(dead.body.code, 'invalid_code', `the old code as ${mfaMethod}`)
        assert.equal(dead.body.attemptsLeft, left)
      }
    }
    assert.equal((await submitMfaCode(latchkey, begun, { code: byEmail })).status, 200)
  })

  test('a code is accepted only for the method that it was sent by', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email')
    await ada.turnOn('sms')
    const begun = await ada.signIn()
    const code = await ada.codeFor('sms')
    for (const mfaMethod of ['email', 'authenticator', 'recoveryCode'] as const) {
      const refused = await submitMfaCode(latchkey, begun, { code, mfaMethod })
      assert.equal(refused.body.code, 'invalid_code', mfaMethod)
    }
    assert.equal((await submitMfaCode(latchkey, begun, { code, mfaMethod: 'sms' })).status, 200)
  })

  test('an app’s code completes a sign-in that was waiting for a text', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('sms')
    const begun = await ada.signIn()
    const code = ada.authenticator.nextCode()
    const unnamed = await submitMfaCode(latchkey, begun, { code })
    assert.equal(
      unnamed.body.code,
      'invalid_code',
      'without mfaMethod it is checked as a texted code',
    )
    const named = await submitMfaCode(latchkey, begun, { code, mfaMethod: 'authenticator' })
    assert.equal(named.status, 200)
  })

  test('no code is sent for a method without messages, or to a recipient that is not verified', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await ada.signIn()).body
    const before = await latchkey.inbox(ada.email)
    for (const mfaMethod of [undefined, 'authenticator', 'sms', 'email', 'recoveryCode']) {
      const refused = await latchkey.post('/auth/SignIn/MfaCode', {
        mfaToken,
        ...(mfaMethod && { mfaMethod }),
      })
      assert.equal(refused.status, 409, `${mfaMethod}`)
      assert.equal(refused.body.code, 'method_not_set_up')
    }
    for (const field of ['email', 'phoneNumber', 'to']) {
      const refused = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, [field]: ada.email })
      assert.equal(refused.status, 400)
    }
    assert.deepEqual(await latchkey.inbox(ada.email), before)
    assert.deepEqual(await latchkey.inbox(ada.phoneNumber), [])
  })

  // Abuse case (Reuse of codes and tokens): A code of another account or another session
  // was accepted.
  test('a code belongs to one sign-in, and is rejected for every other one, of the same account or another', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const bob = await latchkey.owner({ mfaMethod: 'email' })
    const first = await ada.signIn()
    const code = await ada.codeFor('email')
    const second = await (await openSecondSession(latchkey, ada)).signIn()
    const bobs = await bob.signIn()
    if ((await ada.codeFor('email')) !== code) {
      assert.equal((await submitMfaCode(latchkey, second, { code })).body.code, 'invalid_code')
    }
    if ((await bob.codeFor('email')) !== code) {
      assert.equal((await submitMfaCode(latchkey, bobs, { code })).body.code, 'invalid_code')
    }
    assert.equal((await submitMfaCode(latchkey, first, { code })).status, 200)
  })
})
