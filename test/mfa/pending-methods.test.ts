/** Pending methods: what owners see when MFA goes on, and how they confirm each method. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { provePhone, submitMfaCode } from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'
import {
  addPasskey,
  signInWithPasskey,
  startPasskeySignIn,
  verifyPasskeySignIn,
} from '../support/passkeys.ts'
import {
  assertBody,
  assertMfaRequired,
  assertSignedIn,
  assertStatus,
} from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase(
  (latchkey) => {
    const mfaSignInOf = async (owner: Owner) =>
      assertStatus(await owner.get('/settings/MfaSignIn'), 200).body

    test('each time MFA is turned on there are ten new recovery codes, and the earlier ones are void', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const [earlierCode = ''] = ada.recoveryCodes
      await ada.delete('/settings/MfaSignIn')
      const on = await ada.turnOn('authenticator')
      assert.equal(on.body.recoveryCodes.length, 10)
      const refused = await submitMfaCode(latchkey, await ada.signIn(), {
        mfaMethod: 'recoveryCode',
        code: earlierCode,
      })
      assertStatus(refused, 401)
    })

    test('turning MFA on again is one call, and each other method works again after one proof', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.turnOn('sms', { setDefault: false })
      const passkey = await addPasskey(latchkey, ada)
      assertBody(await ada.get('/settings/MfaSignIn'), 200, {
        mfaMethod: 'authenticator',
        availableMethods: ['passkey', 'authenticator', 'sms'],
        pendingMethods: [],
      })
      await ada.delete('/settings/MfaSignIn')

      assertBody(await ada.turnOn('authenticator'), 200, {
        availableMethods: ['authenticator'],
        pendingMethods: ['passkey', 'sms'],
      })
      const { phoneNumber: _, ...bySms } = (await ada.prepareTurnOn('sms', {
        setDefault: false,
      })) as { phoneNumber: string }
      assertBody(await ada.post('/settings/MfaSignIn', bySms), 200, {
        mfaMethod: 'authenticator',
        availableMethods: ['authenticator', 'sms'],
        pendingMethods: ['passkey'],
      })
      const request = { mfaMethod: 'passkey', passkeyId: passkey.id, setDefault: false }
      const started = assertStatus(await ada.post('/settings/MfaSignIn', request), 202)
      const assertion = passkey.get(started.body.options)
      assertBody(await ada.post('/settings/MfaSignIn', { ...request, assertion }), 200, {
        mfaMethod: 'authenticator',
        availableMethods: ['passkey', 'authenticator', 'sms'],
        pendingMethods: [],
      })
      assertSignedIn(await signInWithPasskey(latchkey, passkey))
    })

    test('passkeyId asks for one passkey, so no other is confirmed by its name', async () => {
      const ada = await latchkey.owner()
      const [own, foreign] = [await addPasskey(latchkey, ada), await addPasskey(latchkey, ada)]
      await ada.turnOn('authenticator')
      const request = { mfaMethod: 'passkey', passkeyId: own.id, setDefault: false }
      const { options } = assertStatus(await ada.post('/settings/MfaSignIn', request), 202).body
      assert.equal(options.allowCredentials.length, 1)
      const assertion = own.get(options)
      assertStatus(await ada.post('/settings/MfaSignIn', { ...request, assertion }), 200)
      assertSignedIn(await signInWithPasskey(latchkey, own))
      assertStatus(await signInWithPasskey(latchkey, foreign), 401)
      const ben = await latchkey.owner({ mfaMethod: 'authenticator' })
      const stranger = await ben.post('/settings/MfaSignIn', { ...request, passkeyId: own.id })
      assertBody(stranger, 409, { code: 'method_not_set_up' })
    })

    test('a method added to codes by email alone opens an epoch: new codes, and email is pending', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const [emailCode = ''] = ada.recoveryCodes
      const on = await ada.turnOn('authenticator')
      assertBody(on, 200, { availableMethods: ['authenticator'], pendingMethods: ['email'] })
      assert.equal(on.body.recoveryCodes.length, 10)
      assert.ok(!on.body.recoveryCodes.includes(emailCode))
      const { availableMethods } = assertMfaRequired(await ada.signIn())
      assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])

      await ada.turnOn('email', { setDefault: false })
      const { body } = await ada.get('/settings/MfaSignIn')
      assert.deepEqual(body.availableMethods, ['authenticator', 'email'])
    })

    test('an app of an earlier epoch is listed as pending, and its codes sign in after one proof', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.delete('/settings/MfaSignIn')
      assertBody(await ada.turnOn('sms'), 200, {
        availableMethods: ['sms'],
        pendingMethods: ['authenticator'],
      })
      const byApp = async () => {
        const code = ada.authenticator.nextCode()
        return submitMfaCode(latchkey, await ada.signIn(), { mfaMethod: 'authenticator', code })
      }
      assertBody(await byApp(), 401, { code: 'invalid_code' })
      const proven = await ada.turnOn('authenticator', { setDefault: false })
      assertBody(proven, 200, { availableMethods: ['authenticator', 'sms'], pendingMethods: [] })
      assertSignedIn(await byApp())
    })

    test('codes by email alone that go to another mailbox stay in their epoch, with its recovery codes', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const [code = ''] = ada.recoveryCodes
      const request = { mfaMethod: 'email', email: `codes-${ada.email}` }
      assertStatus(await ada.post('/settings/MfaSignIn', request), 202)
      const proof = await latchkey.codeSentTo(request.email)
      const changed = await ada.post('/settings/MfaSignIn', { ...request, code: proof })
      assertBody(changed, 200, { availableMethods: ['email'], recoveryCodes: undefined })
      const byCode = { mfaMethod: 'recoveryCode', code } as const
      assertSignedIn(await submitMfaCode(latchkey, await ada.signIn(), byCode))
    })

    test('after the last method but email is removed, the next one opens an epoch again', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.turnOn('email', { setDefault: false })
      assertStatus(await ada.delete('/settings/MfaSecret'), 200)
      assertBody(await ada.get('/settings/MfaSignIn'), 200, { mfaMethod: 'email' })
      const passkey = await addPasskey(latchkey, ada)
      const codes = ada.recoveryCodes
      const on = await ada.turnOn('sms')
      assert.notDeepEqual(on.body.recoveryCodes, codes)
      assertBody(on, 200, { availableMethods: ['sms'], pendingMethods: ['passkey', 'email'] })
      assertStatus(await signInWithPasskey(latchkey, passkey), 401)
    })

    test('a passkey added from a session that codes by email signed in is pending', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const passkey = await addPasskey(latchkey, ada)
      assertStatus(await signInWithPasskey(latchkey, passkey), 401)
      const { pendingMethods } = await mfaSignInOf(ada)
      assert.deepEqual(pendingMethods, ['passkey'])
    })

    test('a number is a method only where its owner said so', async () => {
      const ada = await latchkey.owner()
      await provePhone(latchkey, ada, {})
      assert.deepEqual((await mfaSignInOf(ada)).availableMethods, [])
      await provePhone(latchkey, ada)
      assert.deepEqual((await mfaSignInOf(ada)).availableMethods, ['sms'])
      await provePhone(latchkey, ada, {})
      assert.deepEqual((await mfaSignInOf(ada)).availableMethods, ['sms'])

      await ada.turnOn('sms')
      const { phoneNumber } = ada
      await ada.post('/settings/PhoneNumber', { phoneNumber })
      const code = await latchkey.codeSentTo(phoneNumber)
      const request = { phoneNumber, code, useForSignIn: false }
      const last = await ada.post('/settings/PhoneNumber', request)
      assertBody(last, 409, { code: 'last_method' })
      await ada.turnOn('authenticator')
      const given = await provePhone(latchkey, ada, { useForSignIn: false })
      assertBody(given, 200, { useForSignIn: false })
      assert.deepEqual((await mfaSignInOf(ada)).availableMethods, ['authenticator'])
    })

    test('codes by email can be given up, unless they are the only method', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      assertBody(await ada.delete('/settings/MfaEmail'), 409, { code: 'last_method' })
      await ada.turnOn('authenticator')
      assertBody(await ada.delete('/settings/MfaEmail'), 200, {
        availableMethods: ['authenticator'],
        pendingMethods: [],
      })
    })

    test('the address that codes by email go to is shown, masked, whether they sign in or are pending', async () => {
      const ada = await latchkey.owner()
      assertBody(await ada.get('/settings/MfaSignIn'), 200, { mfaEmail: null })
      const email = `codes-${ada.email}`
      const request = { mfaMethod: 'email', email }
      assertStatus(await ada.post('/settings/MfaSignIn', request), 202)
      const code = await latchkey.codeSentTo(email)
      const on = await ada.post('/settings/MfaSignIn', { ...request, code })
      assertBody(on, 200, { mfaEmail: 'c•••@example.com', availableMethods: ['email'] })
      const changed = await ada.turnOn('authenticator')
      assertBody(changed, 200, { mfaEmail: 'c•••@example.com', pendingMethods: ['email'] })
      assertBody(await ada.delete('/settings/MfaEmail'), 200, { mfaEmail: null })
    })

    test('after a reset with MFA off, turning on a stronger method makes codes by email count again', async () => {
      const ada = await latchkey.owner()
      await ada.resetPassword('a new sentence of the owner')
      await ada.signInFully()
      await ada.turnOn('authenticator')
      await ada.turnOn('email')
      assert.equal(assertMfaRequired(await ada.signIn()).mfaMethod, 'email')
    })

    test('an undo gives every credential the epoch back that it had', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const passkey = await addPasskey(latchkey, ada)
      const [code = ''] = ada.recoveryCodes
      await ada.delete('/settings/MfaSignIn')
      const token = await undoTokenSentTo(latchkey, ada.email, /is off$/)
      await ada.turnOn('sms')
      assertStatus(await signInWithPasskey(latchkey, passkey), 401)
      ada.passkey = passkey
      await ada.turnOn('passkey', { setDefault: false })
      assertSignedIn(await signInWithPasskey(latchkey, passkey))

      const { resetToken } = assertStatus(await latchkey.post('/auth/Undo', { token }), 200).body
      const newPassword = 'a new sentence of the owner'
      assertStatus(await latchkey.post('/auth/ResetPassword', { resetToken, newPassword }), 200)
      ada.password = newPassword
      const started = await startPasskeySignIn(latchkey)
      const response = passkey.get(started.body.options)
      assertSignedIn(await verifyPasskeySignIn(latchkey, started, response))
      const byCode = { mfaMethod: 'recoveryCode', code } as const
      assertSignedIn(await submitMfaCode(latchkey, await ada.signIn(), byCode))
    })
  },
  { LATCHKEY_STEP_UP_MAX_AGE: '0' },
)
