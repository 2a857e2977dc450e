import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { onEachDatabase } from '../../support/latchkey.ts'
import type { Owner } from '../../support/owner.ts'
import { openPasswordOnlySession } from '../../support/password-only-session.ts'
import { undoTokenSentTo } from '../../support/undo-token.ts'

onEachDatabase((latchkey) => {
  async function setNumber(ada: Owner, phoneNumber: string) {
    const sent = await ada.post('/settings/PhoneNumber', { phoneNumber })
    assert.equal(sent.status, 202, JSON.stringify(sent.body))
    const code = await latchkey.codeSentTo(phoneNumber)
    return ada.post('/settings/PhoneNumber', { phoneNumber, code })
  }
  const number = (n: number) => `+1415555${latchkey.databaseKind === 'SQLite' ? 70 : 80}${10 + n}`

  test('a phone number is set once its owner has verified it, and the owner is notified', async () => {
    const ada = await latchkey.owner()
    const phoneNumber = number(0)
    const sent = await ada.post('/settings/PhoneNumber', { phoneNumber })
    assert.equal(sent.status, 202)
    assert.ok(!JSON.stringify(sent.body).includes(phoneNumber))
    assert.equal((await ada.get('/settings')).body.phoneNumber, null)

    const rightCode = await latchkey.codeSentTo(phoneNumber)
    const code = rightCode === '000000' ? '000001' : '000000'
    const wrong = await ada.post('/settings/PhoneNumber', { phoneNumber, code })
    assert.equal(wrong.status, 401)
    assert.equal((await ada.get('/settings')).body.phoneNumber, null)

    const set = await ada.post('/settings/PhoneNumber', { phoneNumber, code: rightCode })
    assert.equal(set.status, 200)
    assert.equal(set.body.phoneNumber, phoneNumber)
    assert.deepEqual((await ada.get('/settings/MfaSignIn')).body.availableMethods, [])
    const again = await ada.post('/settings/PhoneNumber', { phoneNumber, code: rightCode })
    assert.equal(again.status, 401)
    const [message] = await latchkey.inbox(ada.email)
    assert.match(message?.subject ?? '', /phone number .* was changed/)
    const { body } = await ada.get('/settings/Activity')
    assert.equal(body.activity[0].type, 'phone.changed')
  })

  // Abuse case (Reuse of codes and tokens): A code for one number or address verified
  // another.
  test('a code for one number verifies no other, and a code for turning MFA on verifies none', async () => {
    const ada = await latchkey.owner()
    const [first, second] = [number(1), number(2)]
    await ada.post('/settings/PhoneNumber', { phoneNumber: first })
    const code = await latchkey.codeSentTo(first)
    await ada.post('/settings/PhoneNumber', { phoneNumber: second })
    const other = await ada.post('/settings/PhoneNumber', { phoneNumber: second, code })
    assert.equal(other.status, 401)
    const lastCode = await latchkey.codeSentTo(second)
    const swapped = await ada.post('/settings/PhoneNumber', { phoneNumber: first, code: lastCode })
    assert.equal(swapped.status, 401)

    await ada.post('/settings/MfaSignIn', { mfaMethod: 'sms', phoneNumber: first })
    const setUpCode = await latchkey.codeSentTo(first)
    const crossed = await ada.post('/settings/PhoneNumber', { phoneNumber: first, code: setUpCode })
    assert.equal(crossed.status, 401)
    assert.equal((await ada.get('/settings')).body.phoneNumber, null)
  })

  test('with codes by text as the method, a changed number receives them, and an undo restores the old one', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const oldNumber = ada.phoneNumber
    const phoneNumber = number(3)
    const waiting = (await ada.signIn()).body
    const old = await latchkey.codeSentTo(oldNumber)
    assert.equal((await setNumber(ada, phoneNumber)).status, 200)

    const late = await latchkey.post('/auth/SignIn/Mfa', { mfaToken: waiting.mfaToken, code: old })
    assert.equal(late.status, 401)
    const { mfaToken, sentTo } = (await ada.signIn()).body
    assert.equal(sentTo.slice(-2), phoneNumber.slice(-2))
    const code = await latchkey.codeSentTo(phoneNumber)
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })).status, 200)

    const token = await undoTokenSentTo(latchkey, ada.email, /phone number/)
    const undone = await latchkey.post('/auth/Undo', { token })
    assert.equal(undone.body.undone, 'phone.changed')
    ada.password = 'a whole new sentence'
    const { resetToken } = undone.body
    await latchkey.post('/auth/ResetPassword', { resetToken, newPassword: ada.password })
    travel(31_000)
    assert.equal((await ada.signIn()).body.sentTo.slice(-2), oldNumber.slice(-2))
    await ada.signInFully()
  })

  test('removing the number makes the strongest other method the default, and can be undone', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('sms')
    const removed = await ada.delete('/settings/PhoneNumber')
    assert.equal(removed.status, 200)
    assert.equal(removed.body.phoneNumber, null)
    assert.equal(removed.body.mfaSignIn.mfaMethod, 'authenticator')
    assert.deepEqual(removed.body.mfaSignIn.availableMethods, ['authenticator'])
    const noticeCount = (await latchkey.inbox(ada.email)).length
    const again = await ada.delete('/settings/PhoneNumber')
    assert.deepEqual(again.body, removed.body)
    assert.equal((await latchkey.inbox(ada.email)).length, noticeCount)

    const token = await undoTokenSentTo(latchkey, ada.email, /was removed/)
    assert.equal((await latchkey.post('/auth/Undo', { token })).body.undone, 'mfa.method_removed')
    await ada.resetPassword('a whole new sentence')
    assert.equal((await ada.signIn()).body.mfaMethod, 'sms')
  })

  test('the number cannot be removed while it is the last method, but can once MFA is off', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const refused = await ada.delete('/settings/PhoneNumber')
    assert.equal(refused.status, 409)
    assert.equal(refused.body.code, 'last_method')
    assert.notEqual((await ada.get('/settings')).body.phoneNumber, null)
    await ada.delete('/settings/MfaSignIn')
    const removed = await ada.delete('/settings/PhoneNumber')
    assert.equal(removed.status, 200)
    assert.deepEqual(removed.body.mfaSignIn.availableMethods, [])
  })

  test('premium-rate, unreachable and impossible numbers are rejected before anything is sent', async () => {
    const ada = await latchkey.owner()
    for (const phoneNumber of [
      '+19005550123',
      '+449098790000',
      '+18005550199',
      '+881612345678',
      '+1',
      '4155550123',
      '+99999999999',
    ]) {
      const { status } = await ada.post('/settings/PhoneNumber', { phoneNumber })
      assert.equal(status, 400, phoneNumber)
      assert.deepEqual(await latchkey.inbox(phoneNumber), [])
    }
  })

  // Abuse case (MFA changed by an attacker): A session that was too old or
  // too weak changed or removed the number.
  test('a session that is old or made without MFA can neither change nor remove the number', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    travel(901_000)
    const { refreshToken } = ada
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    const phoneNumber = number(4)
    for (const answer of [
      await ada.post('/settings/PhoneNumber', { phoneNumber }),
      await ada.delete('/settings/PhoneNumber'),
    ]) {
      assert.equal(answer.status, 401)
      assert.equal(answer.body.code, 'insufficient_user_authentication')
    }

    const ben = await latchkey.owner({ mfaMethod: 'sms' })
    const weak = await openPasswordOnlySession(latchkey, ben)
    for (const answer of [
      await weak.post('/settings/PhoneNumber', { phoneNumber }),
      await weak.delete('/settings/PhoneNumber'),
    ]) {
      assert.equal(answer.status, 401)
      assert.equal(answer.body.code, 'insufficient_user_authentication')
    }
    assert.deepEqual(await latchkey.inbox(phoneNumber), [])
  })
})
