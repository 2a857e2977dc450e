/** Changes, removals and undos: which challenges and passkeys they void, and which they restore. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiResponse, onEachDatabase } from '../../support/latchkey.ts'
import { countLiveSessions } from '../../support/mfa.ts'
import type { Owner } from '../../support/owner.ts'
import {
  addPasskey,
  type Passkey,
  passkeyRowsOf,
  requestMfaToken,
  signInWithPasskey,
  startPasskeySignIn,
  turnOnWithPasskey,
  verifyPasskeySignIn,
} from '../../support/passkeys.ts'
import { SoftwareAuthenticator } from '../../support/software-authenticator.ts'
import { undoTokenSentTo } from '../../support/undo-token.ts'

onEachDatabase((latchkey) => {
  async function adaWithPasskey(): Promise<{ ada: Owner; passkey: Passkey }> {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    return { ada, passkey }
  }

  const changes: [string, (ada: Owner) => Promise<unknown>][] = [
    ['a new password', (ada) => ada.changePassword('another long sentence')],
    ['another passkey', (ada) => addPasskey(latchkey, ada)],
    ['another method', (ada) => ada.turnOn('sms')],
    ['turning MFA off', (ada) => ada.delete('/settings/MfaSignIn')],
    ['new recovery codes', (ada) => ada.post('/settings/RecoveryCodes')],
  ]
  for (const [what, change] of changes) {
    // Abuse case (Passkeys): A ceremony started before a change was completed after it.
    test(`pending passkey challenges are void after ${what}`, async () => {
      const { ada, passkey } = await adaWithPasskey()
      const call = { token: ada.accessToken }
      const mfaToken = await requestMfaToken(ada)
      const second = await startPasskeySignIn(latchkey, { mfaToken })
      const confirming = await startPasskeySignIn(latchkey, { call })
      const register = (await ada.startPasskeyRegistration()).body.options
      await ada.turnOn('email')
      const turnOn = (await ada.post('/settings/MfaSignIn', { mfaMethod: 'passkey' })).body.options
      await change(ada)
      const before = await passkeyRowsOf(latchkey, ada)
      const sessions = await countLiveSessions(latchkey, ada)

      const token = { call: { token: ada.accessToken } }
      for (const [begun, more] of [
        [second, {}],
        [confirming, token],
      ] as const) {
        const response = passkey.get(begun.body.options)
        const answer = await verifyPasskeySignIn(latchkey, begun, response, more)
        assert.equal(answer.status, 401)
        assert.equal(answer.body.code, 'passkey_token_expired')
      }
      const assertion = passkey.get(turnOn)
      const on = await ada.post('/settings/MfaSignIn', { mfaMethod: 'passkey', assertion })
      assert.equal(on.body.code, 'invalid_passkey')
      const response = new SoftwareAuthenticator(latchkey.origin).create(register)
      const added = await ada.post('/settings/Passkeys/Verify', { response })
      assert.equal(added.body.code, 'invalid_passkey')

      assert.deepEqual(await passkeyRowsOf(latchkey, ada), before)
      assert.equal(await countLiveSessions(latchkey, ada), sessions)
    })
  }

  // Abuse case (Passkeys): A removed passkey still signed in.
  test('a removed passkey is rejected at once, also for challenges already issued', async () => {
    const { ada, passkey } = await adaWithPasskey()
    const call = { token: ada.accessToken }
    const alone = await startPasskeySignIn(latchkey)
    const second = await startPasskeySignIn(latchkey, { mfaToken: await requestMfaToken(ada) })
    const confirming = await startPasskeySignIn(latchkey, { call })
    assert.equal((await ada.delete(`/settings/Passkeys/${passkey.id}`)).status, 200)
    const sessions = await countLiveSessions(latchkey, ada)

    for (const [begun, more] of [
      [alone, {}],
      [second, {}],
      [confirming, { call }],
    ] as const) {
      const response = passkey.get(begun.body.options)
      const answer = await verifyPasskeySignIn(latchkey, begun, response, more)
      assert.equal(answer.body.code, 'invalid_passkey')
    }
    assert.equal((await signInWithPasskey(latchkey, passkey)).body.code, 'invalid_passkey')
    assert.equal(await countLiveSessions(latchkey, ada), sessions)
    const mfaToken = await requestMfaToken(ada)
    const begun = await latchkey.post('/auth/SignIn/Passkey', { mfaToken })
    assert.equal(begun.status, 409)
    assert.equal(begun.body.code, 'method_not_set_up')
  })

  test('a passkey removed during its sign-in creates a session only if the sign-in succeeds', async () => {
    for (let round = 0; round < 5; round += 1) {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, ada)
      const before = await countLiveSessions(latchkey, ada)
      const begun = await startPasskeySignIn(latchkey)
      const response = passkey.get(begun.body.options)
      const [answer, removed] = await Promise.all([
        verifyPasskeySignIn(latchkey, begun, response),
        ada.delete(`/settings/Passkeys/${passkey.id}`),
      ])
      assert.equal(removed.status, 200)
      const newSessions = (await countLiveSessions(latchkey, ada)) - before
      assert.equal(newSessions, answer.status === 200 ? 1 : 0)
      assert.equal((await signInWithPasskey(latchkey, passkey)).status, 401)
    }
  })

  test('a passkey does not sign in to a deleted account', async () => {
    const { ada, passkey } = await adaWithPasskey()
    const waiting = await startPasskeySignIn(latchkey, { mfaToken: await requestMfaToken(ada) })
    const { password } = ada
    const deleted = await ada.delete('/settings/Account', { body: { password } })
    assert.ok(deleted.status < 300, JSON.stringify(deleted.body))

    const alone = await signInWithPasskey(latchkey, passkey)
    assert.equal(alone.status, 401)
    assert.equal(alone.body.code, 'invalid_credentials')
    const late = await verifyPasskeySignIn(latchkey, waiting, passkey.get(waiting.body.options))
    assert.equal(late.status, 401)
    assert.equal(await countLiveSessions(latchkey, ada), 0)
  })

  // Abuse case (Passkeys): A passkey added by a thief still signed in after the owner’s undo.
  test('an undo removes passkeys that were added since, and restores those that were removed', async () => {
    const { ada, passkey } = await adaWithPasskey()
    const used = await signInWithPasskey(latchkey, passkey)
    assert.equal(used.status, 200)
    assert.equal((await ada.delete(`/settings/Passkeys/${passkey.id}`)).status, 200)
    const token = await undoTokenSentTo(latchkey, ada.email, /passkey .* removed/)
    const thiefPasskey = await addPasskey(latchkey, ada)
    const pending = await startPasskeySignIn(latchkey)

    const undone = await latchkey.post('/auth/Undo', { token })
    assert.equal(undone.status, 200)
    assert.equal(undone.body.undone, 'passkey.removed')
    const late = await verifyPasskeySignIn(
      latchkey,
      pending,
      thiefPasskey.get(pending.body.options),
    )
    assert.equal(late.body.code, 'invalid_passkey')
    // The thief may have the owner’s device, so the password has to be reset first.
    const early = await signInWithPasskey(latchkey, passkey)
    assert.equal(early.status, 401)
    assert.equal(early.body.code, 'password_reset_required')
    assert.equal(await countLiveSessions(latchkey, ada), 0)

    await resetAfterUndo(undone)
    const { counter } = passkey
    const stale = await signInWithPasskey(latchkey, passkey, {
      tampering: { counter: counter - 1 },
    })
    assert.equal(stale.body.code, 'invalid_passkey', 'an undo does not reset the counter')
    assert.equal((await signInWithPasskey(latchkey, thiefPasskey)).body.code, 'invalid_passkey')
    ada.storeTokens(await signInWithPasskey(latchkey, passkey))
    const { passkeys } = (await ada.get('/settings/Passkeys')).body
    assert.deepEqual(
      passkeys.map(({ id }: { id: string }) => id),
      [passkey.id],
    )
    assert.equal((await ada.get('/settings/MfaSignIn')).body.mfaMethod, 'passkey')
  })

  test('the undo link sent for a new passkey removes it', async () => {
    const ada = await latchkey.owner()
    const own = await addPasskey(latchkey, ada)
    const thiefPasskey = await addPasskey(latchkey, ada)
    const token = await undoTokenSentTo(latchkey, ada.email, /passkey .* added/)
    const undone = await latchkey.post('/auth/Undo', { token })
    assert.equal(undone.body.undone, 'passkey.added')
    await resetAfterUndo(undone)
    assert.equal((await signInWithPasskey(latchkey, thiefPasskey)).body.code, 'invalid_passkey')
    ada.storeTokens(await signInWithPasskey(latchkey, own))
    assert.equal((await latchkey.post('/auth/Undo', { token })).body.code, 'undo_token_expired')
  })

  // Abuse case (Passkeys): A mailbox thief reset the password and received the code of the second
  // step there too.
  test('after a reset by email, a passkey is required and codes by email are not accepted', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    await ada.turnOn('email')
    assert.deepEqual((await ada.signIn()).body.availableMethods, [
      'passkey',
      'email',
      'recoveryCode',
    ])
    await ada.resetPassword('quite another sentence')
    const messageCount = (await latchkey.inbox(ada.email)).length
    const { body } = await ada.signIn()
    assert.equal(body.mfaMethod, 'passkey')
    assert.deepEqual(body.availableMethods, ['passkey', 'recoveryCode'])
    const { mfaToken } = body
    const requested = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'email' })
    assert.equal(requested.body.code, 'method_not_set_up')
    assert.equal((await latchkey.inbox(ada.email)).length, messageCount, 'no code was sent')
    assert.equal((await signInWithPasskey(latchkey, passkey, { mfaToken })).status, 200)
  })

  async function resetAfterUndo({ body }: ApiResponse): Promise<void> {
    const { resetToken } = body
    const newPassword = 'quite another sentence'
    const reset = await latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
    assert.equal(reset.status, 200, JSON.stringify(reset.body))
  }
})
