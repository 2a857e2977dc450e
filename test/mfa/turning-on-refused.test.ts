import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountStateOf } from '../support/mfa.ts'

const impossibleNumbers = [
  '',
  '1',
  '+',
  '+1',
  '+14',
  '4155550123',
  '14155550123',
  '0014155550123',
  '+1415555012',
  '+141555501234567',
  '+99914155550123',
  '+1 415 555 01234 ext. 5',
  '+1415555O123',
  '+１４１５５５５０１２３',
  '+٤٤٢٠٧٩٤٦٠٠٠٠',
  'tel:+14155550123',
  '+14155550123\r\nBcc: +14155550124',
  '+14155550123;+14155550124',
  '+14155550123,+14155550124',
]

const premiumNumbers = {
  'premium in the United States': '+19002345678',
  'premium in Great Britain': '+449098790000',
  'shared cost in Great Britain': '+448434561234',
  'personal number in Great Britain': '+447012345678',
  'premium in Germany': '+499001234567',
}

onEachDatabase((latchkey) => {
  test('turning on by SMS rejects an impossible number, names the field and the reason, and sends nothing', async () => {
    const ada = await latchkey.owner()
    const before = await accountStateOf(latchkey, ada)
    for (const phoneNumber of impossibleNumbers) {
      const refused = await ada.post('/settings/MfaSignIn', { mfaMethod: 'sms', phoneNumber })
      assert.equal(refused.status, 400, JSON.stringify(phoneNumber))
      assert.equal(refused.body.code, 'invalid_request')
      assert.equal(refused.body.errors[0].path, '/phoneNumber')
    }
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
  })

  // Abuse case (Input and output): Texts were sent to premium-rate numbers.
  test('turning on by SMS rejects a premium-rate number and sends nothing', async () => {
    const ada = await latchkey.owner()
    const before = await accountStateOf(latchkey, ada)
    for (const [what, phoneNumber] of Object.entries(premiumNumbers)) {
      const refused = await ada.post('/settings/MfaSignIn', { mfaMethod: 'sms', phoneNumber })
      assert.equal(refused.status, 400, what)
      assert.match(refused.body.errors[0].message, /premium-rate/, what)
    }
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
  })

  test('a number may be formatted in different ways, and is the same number', async () => {
    const ada = await latchkey.owner()
    const written = ada.phoneNumber.replace(/^\+1(\d{3})(\d{3})/, '+1 ($1) $2-')
    const sent = await ada.post('/settings/MfaSignIn', { mfaMethod: 'sms', phoneNumber: written })
    assert.equal(sent.status, 202)
    const code = await ada.codeFor('sms')
    const dotted = ada.phoneNumber.replace(/^\+1(\d{3})(\d{3})/, '+1.$1.$2.')
    const on = await ada.post('/settings/MfaSignIn', {
      mfaMethod: 'sms',
      phoneNumber: dotted,
      code,
    })
    assert.equal(on.status, 200)
  })

  test('a malformed request gets a 400 that names the field, and changes nothing', async () => {
    const ada = await latchkey.owner()
    const { phoneNumber, email } = ada
    const before = await accountStateOf(latchkey, ada)
    const requests: [unknown, string][] = [
      [{}, '/mfaMethod'],
      [{ code: '123456' }, '/mfaMethod'],
      [{ mfaMethod: 'telegram' }, '/mfaMethod'],
      [{ mfaMethod: 'recoveryCode', code: 'YZ1D-C820-9XA9' }, '/mfaMethod'],
      [{ mfaMethod: 'SMS', phoneNumber }, '/mfaMethod'],
      [{ mfaMethod: '' }, '/mfaMethod'],
      [{ mfaMethod: null }, '/mfaMethod'],
      [{ mfaMethod: ['sms'] }, '/mfaMethod'],
      [{ mfaMethod: 'constructor' }, '/mfaMethod'],
      [{ mfaMethod: 'sms' }, '/phoneNumber'],
      [{ mfaMethod: 'sms', phoneNumber: 14155550123 }, '/phoneNumber'],
      [{ mfaMethod: 'sms', phoneNumber: [phoneNumber] }, '/phoneNumber'],
      [{ mfaMethod: 'sms', phoneNumber: '+1'.padEnd(33, '5') }, '/phoneNumber'],
      [{ mfaMethod: 'sms', phoneNumber, email }, '/email'],
      [{ mfaMethod: 'email', phoneNumber }, '/phoneNumber'],
      [{ mfaMethod: 'email', email: 'nobody' }, '/email'],
      [{ mfaMethod: 'email', email: 'a@b@example.com\r\nBcc: c@example.com' }, '/email'],
      [{ mfaMethod: 'authenticator', code: '123456', phoneNumber }, '/phoneNumber'],
      [{ mfaMethod: 'authenticator', code: '123456', email }, '/email'],
      [{ mfaMethod: 'authenticator', code: 123456 }, '/code'],
      [{ mfaMethod: 'authenticator', code: '' }, '/code'],
      [{ mfaMethod: 'authenticator', code: '1'.repeat(33) }, '/code'],
      [{ mfaMethod: 'authenticator', code: '123456', passkeyId: 'x' }, '/passkeyId'],
      [{ mfaMethod: 'passkey', passkeyId: 7 }, '/passkeyId'],
      [{ mfaMethod: 'passkey', passkeyId: 'x'.repeat(65) }, '/passkeyId'],
      [{ mfaMethod: 'email', setDefault: 'false' }, '/setDefault'],
      [{ mfaMethod: 'email', setDefault: 0 }, '/setDefault'],
      [{ mfaMethod: 'email', endOtherSessions: false }, '/endOtherSessions'],
      [{ mfaMethod: 'email', verified: true }, '/verified'],
      [{ mfaMethod: 'email', confirmed: true }, '/confirmed'],
      [{ mfaMethod: 'email', enabled: true }, '/enabled'],
      [{ mfaMethod: 'email', userId: 'x' }, '/userId'],
      [[{ mfaMethod: 'email' }], ''],
      ['"email"', ''],
      ['null', ''],
    ]
    for (const [body, path] of requests) {
      const refused = await ada.post('/settings/MfaSignIn', body)
      assert.equal(refused.status, 400, JSON.stringify(body))
      assert.equal(refused.body.code, 'invalid_request')
      const paths = refused.body.errors.map((error: { path: string }) => error.path)
      assert.ok(paths.includes(path), `${JSON.stringify(body)}: ${paths}`)
    }
    assert.equal((await ada.post('/settings/MfaSignIn')).status, 400, 'no body')
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
  })

  test('an authenticator app must be set up before it is turned on', async () => {
    const ada = await latchkey.owner()
    const code = '123456'
    for (const request of [{ mfaMethod: 'authenticator', code }, { mfaMethod: 'authenticator' }]) {
      const refused = await ada.post('/settings/MfaSignIn', request)
      assert.equal(refused.status, 409)
      assert.equal(refused.body.code, 'method_not_set_up')
    }
    await ada.enrollAuthenticator()
    const missing = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator' })
    assert.equal(missing.status, 400)
    assert.equal(missing.body.errors[0].path, '/code')
  })

  test('a confirmed app must be verified again before it is turned on again', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    const missing = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator' })
    assert.equal(missing.status, 400)
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
  })

  test('the token is checked before the body, so that strangers learn nothing about its schema', async () => {
    for (const body of [{}, { mfaMethod: 'telegram' }, '{']) {
      const refused = await latchkey.post('/settings/MfaSignIn', body)
      assert.equal(refused.body.code, 'missing_token')
    }
  })
})
