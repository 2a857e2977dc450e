import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import {
  countLiveSessions,
  mfaActivityOf,
  mfaMethods,
  mfaNoticesTo,
  openSecondSession,
  submitMfaCode,
} from '../support/mfa.ts'

const times = <Value>(count: number, make: (i: number) => Promise<Value>) =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)))

onEachDatabase((latchkey) => {
  for (const method of mfaMethods) {
    // Abuse case (Reuse of codes and tokens): Two concurrent requests both used one code.
    test(`two hundred concurrent submissions of one right second factor by ${method} complete one sign-in`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })
      const begun = await ada.signIn()
      const answer = await ada.prepareSecondFactor(begun)
      const before = await countLiveSessions(latchkey, ada)
      const answers = await times(200, answer)
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      const expired = method === 'passkey' ? 'passkey_token_expired' : 'mfa_token_expired'
      for (const { status, body } of answers) {
        if (status !== 200) assert.equal(body.code, expired)
      }
      assert.equal(await countLiveSessions(latchkey, ada), before + 1)
    })
  }

  test('one TOTP code, submitted to ten sign-ins concurrently, completes one', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const waiting = await times(10, () => ada.signIn())
    const code = ada.authenticator.nextCode()
    const answers = await Promise.all(
      waiting.map((begun) => submitMfaCode(latchkey, begun, { code })),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  })

  // Abuse case (Reuse of codes and tokens): An app’s code could be reused within its 30
  // seconds (CVE-2026-82470, CVE-2025-6014, GHSA-96qm-hwhp-2rm8).
  test('one TOTP code, submitted concurrently for different purposes, is accepted once', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const signingIn = await ada.signIn()
    const confirming = await ada.post('/auth/Reauthenticate', { password: ada.password })
    const code = ada.authenticator.nextCode()
    const answers = await times(12, (i) => {
      if (i % 3 === 0) return submitMfaCode(latchkey, signingIn, { code })
      if (i % 3 === 1) return submitMfaCode(latchkey, confirming, { code })
      return ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
    })
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  })

  // Abuse case (MFA changed by an attacker): A sign-in bypassed MFA while
  // it was being turned off or on.
  test('a sign-in whose last step races turning MFA off completes before it or is void', async () => {
    for (let round = 0; round < 6; round += 1) {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const begun = await ada.signIn()
      const code = await ada.codeFor('email')
      const answer = () => submitMfaCode(latchkey, begun, { code })
      const off = () => ada.delete('/settings/MfaSignIn')
      const [first, second] = await Promise.all(round % 2 ? [answer(), off()] : [off(), answer()])
      const [turnedOff, entered] = round % 2 ? [second, first] : [first, second]

      assert.equal(turnedOff.status, 200)
      if (entered.status !== 200) assert.equal(entered.body.code, 'mfa_token_expired')
      assert.equal((await answer()).status, 401)
      assert.equal((await ada.signIn()).body.status, 'signedIn')
      assert.equal((await mfaActivityOf(ada))[0], 'mfa.off')
    }
  })

  test('a sign-in started while MFA is turned off needs no second factor or is void', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const [off, ...begun] = await Promise.all([
      ada.delete('/settings/MfaSignIn'),
      ...Array.from({ length: 6 }, () => ada.signIn()),
    ])
    assert.equal(off.status, 200)
    for (const answer of begun) {
      if (answer.body.status === 'signedIn') continue
      assert.equal(answer.body.status, 'mfaRequired')
      const late = await submitMfaCode(latchkey, answer, { code: '123456' })
      assert.equal(late.body.code, 'mfa_token_expired')
    }
  })

  // Abuse case (MFA changed by an attacker): A sign-in bypassed MFA while
  // it was being turned off or on.
  test('no password-only sign-in that races turning MFA on keeps its session', async () => {
    for (const method of mfaMethods) {
      const ada = await latchkey.owner()
      const proof = await ada.prepareTurnOn(method)
      const [on, ...entries] = await Promise.all([
        ada.post('/settings/MfaSignIn', proof),
        ...Array.from({ length: 8 }, () => ada.signIn()),
      ])
      assert.equal(on.status, 200)
      for (const { body } of entries) {
        if (body.status === 'mfaRequired') continue
        const stayed = await latchkey.get('/settings/MfaSignIn', { token: body.accessToken })
        assert.equal(stayed.status, 401)
      }
      assert.equal(await countLiveSessions(latchkey, ada), 1)
    }
  })

  // Abuse case (MFA changed by an attacker): A password-only session turned
  // MFA off (CVE-2026-3429).
  test('a session too weak to turn MFA off cannot do so while MFA is being turned on', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ada = await latchkey.owner()
      const weak = await openSecondSession(latchkey, ada)
      const request = { mfaMethod: 'sms', phoneNumber: ada.phoneNumber }
      await ada.post('/settings/MfaSignIn', request)
      const code = await ada.codeFor('sms')
      const [on, ...off] = await Promise.all([
        ada.post('/settings/MfaSignIn', { ...request, code }),
        ...Array.from({ length: 6 }, () => weak.delete('/settings/MfaSignIn')),
      ])
      assert.equal(on.status, 200)
      for (const { status, body } of off) {
        if (status === 200) assert.equal(body.enabled, false, 'it was still off')
        else assert.equal(status, 401)
      }
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)
      assert.deepEqual(await mfaActivityOf(ada), ['recovery_codes.generated', 'mfa.on'])
    }
  })

  test('concurrently turning MFA on and off ends in one of the two, with matching activity and notices', async () => {
    for (let round = 0; round < 4; round += 1) {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const code = ada.authenticator.nextCode()
      const on = () => ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
      const off = () => ada.delete('/settings/MfaSignIn')
      const answers = await Promise.all(round % 2 ? [on(), off()] : [off(), on()])
      for (const { status } of answers) assert.equal(status, 200)

      const { enabled } = (await ada.get('/settings/MfaSignIn')).body
      const changes = (await mfaActivityOf(ada)).filter((type) => type.startsWith('mfa.'))
      assert.deepEqual(changes.slice(0, -1), enabled ? ['mfa.on', 'mfa.off'] : ['mfa.off'])
      assert.equal((await mfaNoticesTo(latchkey, ada.email)).length, changes.length)
      assert.equal((await ada.signIn()).body.status, enabled ? 'mfaRequired' : 'signedIn')
    }
  })

  test('removing the app while it turns MFA on never leaves MFA on without a method', async () => {
    for (let round = 0; round < 4; round += 1) {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.delete('/settings/MfaSignIn')
      const code = ada.authenticator.nextCode()
      const on = () => ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
      const remove = () => ada.delete('/settings/MfaSecret')
      const answers = await Promise.all(round % 2 ? [on(), remove()] : [remove(), on()])
      for (const { status } of answers) assert.ok([200, 409].includes(status), String(status))

      const { body } = await ada.get('/settings/MfaSignIn')
      if (body.enabled) assert.deepEqual(body.availableMethods, ['authenticator'])
      else assert.deepEqual(body.availableMethods, [])
      const begun = await ada.signIn()
      assert.equal(begun.body.status, body.enabled ? 'mfaRequired' : 'signedIn')
    }
  })

  test('of TOTP secrets created concurrently, exactly one can be confirmed', async () => {
    const ada = await latchkey.owner()
    const enrollments = await times(6, () => ada.post('/settings/MfaSecret'))
    assert.deepEqual([...new Set(enrollments.map(({ status }) => status))], [200])
    let confirmed = 0
    for (const { body } of enrollments) {
      ada.authenticator.secret = body.secret
      const code = ada.authenticator.nextCode()
      const answer = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
      if (answer.status === 200) confirmed += 1
    }
    assert.equal(confirmed, 1)
  })
})
