/**
 * Only credentials of the MFA epoch that is on sign in: what a thief enrolled while MFA was off, or
 * under an earlier epoch, opens nothing after the owner turned MFA on.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { provePhone, submitMfaCode } from '../support/mfa.ts'
import { Owner } from '../support/owner.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'
import {
  assertBody,
  assertMfaRequired,
  assertSignedIn,
  assertStatus,
} from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase(
  (latchkey) => {
    /** Another person who knows an owner’s password, and signs in with it. */
    async function thiefOf(owner: Owner): Promise<Owner> {
      const thief = new Owner(latchkey, { email: owner.email, password: owner.password })
      await thief.signInFully()
      return thief
    }

    // Abuse case (Second factor skipped): A phone that a mailbox thief had proven while MFA was off
    // signed in after the owner turned MFA on.
    test('a phone proven while MFA was off does not sign in once MFA is on', async () => {
      const ada = await latchkey.owner()
      const thief = new Owner(latchkey, { email: ada.email })
      await thief.resetPassword('the sentence of a thief')
      await thief.signInFully()
      await provePhone(latchkey, thief)

      await ada.resetPassword('a new sentence of the owner')
      await ada.signInFully()
      const on = await ada.turnOn('authenticator')
      assertBody(on, 200, { availableMethods: ['authenticator'], pendingMethods: ['sms'] })
      assert.equal(on.body.recoveryCodes.length, 10)

      const started = await ada.signIn()
      const { mfaToken, availableMethods } = assertMfaRequired(started)
      assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])
      const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' })
      assertBody(sent, 409, { code: 'method_not_set_up' })
    })

    // Abuse case (Passkeys): A passkey that was added while MFA was off signed in alone after the
    // owner turned MFA on.
    test('a passkey added while MFA was off opens nothing once MFA is on', async () => {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, await thiefOf(ada))
      assertSignedIn(await signInWithPasskey(latchkey, passkey))
      await ada.turnOn('authenticator')
      const { passkeys } = (await ada.get('/settings/Passkeys')).body
      assert.deepEqual(
        passkeys.map(({ id, pending }: { id: string; pending: boolean }) => [id, pending]),
        [[passkey.id, true]],
      )
      assertStatus(await signInWithPasskey(latchkey, passkey), 401)
      const { mfaToken, availableMethods } = assertMfaRequired(await ada.signIn())
      assert.ok(!availableMethods.includes('passkey'))
      const asSecond = await latchkey.post('/auth/SignIn/Passkey', { mfaToken })
      assertBody(asSecond, 409, { code: 'method_not_set_up' })
    })

    // Abuse case (MFA changed by an attacker): A thief turned MFA on with an own app, added a passkey
    // in that session and turned MFA off; the passkey signed in after the owner turned MFA on.
    test('a passkey added under a thief’s own second factor opens nothing in the owner’s', async () => {
      const ada = await latchkey.owner()
      const thief = await thiefOf(ada)
      await thief.turnOn('authenticator')
      const passkey = await addPasskey(latchkey, thief)
      assertSignedIn(await signInWithPasskey(latchkey, passkey))
      assertStatus(await thief.delete('/settings/MfaSignIn'), 200)

      await ada.resetPassword('a new sentence of the owner')
      await ada.signInFully()
      await ada.turnOn('authenticator')
      assertStatus(await signInWithPasskey(latchkey, passkey), 401)
    })

    // Abuse case (Second factor skipped): Recovery codes that a password thief had generated signed
    // in after the owner turned MFA on.
    test('while MFA is off, no recovery codes are generated', async () => {
      const ada = await latchkey.owner()
      assertBody(await ada.post('/settings/RecoveryCodes'), 409, { code: 'mfa_is_off' })
      await ada.turnOn('authenticator')
      await ada.delete('/settings/MfaSignIn')
      assertBody(await ada.post('/settings/RecoveryCodes'), 409, { code: 'mfa_is_off' })
      assertBody(await ada.get('/settings/RecoveryCodes'), 200, { remaining: 0 })
    })

    test('a recovery code is accepted in its own epoch alone, also beside codes of the one that is on', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const account = `(select id from account where email = '${ada.email}')`
      const [{ id }] = await latchkey.sql(
        `select id from recovery_code where account_id = ${account} order by id limit 1`,
      )
      await latchkey.sql(`update recovery_code set mfa_epoch = 99 where id = '${id}'`)
      const outcomes = []
      for (const code of ada.recoveryCodes) {
        const started = await ada.signIn()
        const body = { mfaMethod: 'recoveryCode', code } as const
        outcomes.push((await submitMfaCode(latchkey, started, body)).status)
      }
      assert.deepEqual(outcomes.sort(), [...Array(9).fill(200), 401])
    })

    // Abuse case (Undo): Recovery codes of a thief’s own MFA counted again after the owner undid it
    // and turned MFA on.
    test('recovery codes of an earlier epoch are dead in the next one, also after an undo', async () => {
      const ada = await latchkey.owner()
      const thief = await thiefOf(ada)
      await thief.turnOn('authenticator')
      const [thiefCode = ''] = thief.recoveryCodes

      const token = await undoTokenSentTo(latchkey, ada.email, /is on$/)
      const { resetToken } = assertStatus(await latchkey.post('/auth/Undo', { token }), 200).body
      const newPassword = 'a new sentence of the owner'
      assertStatus(await latchkey.post('/auth/ResetPassword', { resetToken, newPassword }), 200)
      ada.password = newPassword
      await ada.signInFully()
      const on = await ada.turnOn('authenticator')
      assert.equal(on.body.recoveryCodes.length, 10)

      const refused = await submitMfaCode(latchkey, await ada.signIn(), {
        mfaMethod: 'recoveryCode',
        code: thiefCode,
      })
      assertBody(refused, 401, { code: 'invalid_code' })
      const accepted = await submitMfaCode(latchkey, await ada.signIn(), {
        mfaMethod: 'recoveryCode',
        code: on.body.recoveryCodes[0],
      })
      assertSignedIn(accepted)
    })

    // Abuse case (Undo): The second mailbox took an undo link from a notice, set a password and signed
    // in with a code to itself.
    test('who reads the second mailbox alone gets no way in', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const email = ada.email.replace('@', '+2fa@')
      const request = { mfaMethod: 'email', email, setDefault: false }
      assertStatus(await ada.post('/settings/MfaSignIn', request), 202)
      const code = await latchkey.codeSentTo(email)
      assertStatus(await ada.post('/settings/MfaSignIn', { ...request, code }), 200)
      await ada.delete('/settings/MfaEmail')
      for (const { text } of await latchkey.inbox(email)) assert.doesNotMatch(text, /#token=/)
      assertStatus(await latchkey.post('/auth/ForgotPassword', { email }), 202)
      const [message] = await latchkey.inbox(email)
      assert.match(message?.subject ?? '', /You have no/)
    })

    // Abuse case (Second factor skipped): A second mailbox reset the password and then received the
    // code.
    test('after a reset, codes to a second mailbox do not count until another method has signed in', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const email = `second-${ada.email}`
      const request = { mfaMethod: 'email', email, setDefault: false }
      assertStatus(await ada.post('/settings/MfaSignIn', request), 202)
      const code = await latchkey.codeSentTo(email)
      assertStatus(await ada.post('/settings/MfaSignIn', { ...request, code }), 200)

      await ada.resetPassword('a new sentence of somebody')
      const afterReset = assertMfaRequired(await ada.signIn())
      assert.deepEqual(afterReset.availableMethods, ['authenticator', 'recoveryCode'])
      await ada.signInFully()
      const { availableMethods } = assertMfaRequired(await ada.signIn())
      assert.deepEqual(availableMethods, ['authenticator', 'email', 'recoveryCode'])
    })

    // Abuse case (MFA changed by an attacker): With step-up by age switched off, a session that a code
    // by email had signed in changed MFA.
    test('beside a stronger method, a code by email is too weak to change MFA, whatever its age', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.turnOn('email', { setDefault: false })
      const { mfaToken } = assertMfaRequired(await ada.signIn())
      const sent = { mfaToken, mfaMethod: 'email' }
      assertStatus(await latchkey.post('/auth/SignIn/MfaCode', sent), 202)
      const code = await latchkey.codeSentTo(ada.email)
      const weak = assertSignedIn(await latchkey.post('/auth/SignIn/Mfa', { ...sent, code }))
      const { accessToken: token } = weak
      const off = await latchkey.delete('/settings/MfaSignIn', { token })
      assertBody(off, 401, { code: 'insufficient_user_authentication' })
      assert.match(off.headers.get('www-authenticate') ?? '', /acr_values="aal2"/)
    })

    test('beside a stronger method, a session signed in by an email code proves no new factor, and nothing is sent', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const passkey = await addPasskey(latchkey, ada)
      await ada.delete('/settings/MfaSignIn')
      await ada.turnOn('authenticator')
      await ada.turnOn('email')
      const weak = new Owner(latchkey, { email: ada.email, password: ada.password })
      await weak.signInFully()
      const { phoneNumber } = weak
      for (const request of [
        { mfaMethod: 'sms', phoneNumber },
        { mfaMethod: 'email', email: `thief-${ada.email}` },
        { mfaMethod: 'passkey', passkeyId: passkey.id },
      ]) {
        const refused = await weak.post('/settings/MfaSignIn', request)
        assertBody(refused, 401, { code: 'insufficient_user_authentication' })
      }
      assert.deepEqual(await latchkey.inbox(phoneNumber), [])
      assert.deepEqual(await latchkey.inbox(`thief-${ada.email}`), [])
    })
  },
  { LATCHKEY_STEP_UP_MAX_AGE: '0' },
)
