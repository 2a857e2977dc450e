/** The second factor that an undo takes once the MFA epoch has settled. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { provePhone } from '../support/mfa.ts'
import { AuthenticatorApp, type Owner } from '../support/owner.ts'
import { addPasskey, type Passkey, startPasskeySignIn } from '../support/passkeys.ts'
import { assertMfaRequired, assertProblem, assertStatus } from '../support/responses.ts'
import { undoSteps } from '../support/undo-steps.ts'
import { setPasswordAfter, undoTokenSentTo } from '../support/undo-token.ts'

const day = 86_400_000

onEachDatabase((latchkey) => {
  const { undo, settledOwner, challengeOf, undoWith, undoWithPasskey } = undoSteps(latchkey)

  const changes: {
    name: string
    subject: RegExp
    prepare?(ada: Owner): Promise<unknown>
    /** @returns answers the undo by what the thief took away */
    takeAway(ada: Owner): Promise<(token: string) => Promise<ApiResponse>>
  }[] = [
    {
      name: 'the app that a thief replaced',
      subject: /was changed$/,
      takeAway: async (ada) => {
        const own = new AuthenticatorApp()
        own.secret = ada.authenticator.secret
        await ada.enrollAuthenticator()
        await ada.turnOn('authenticator')
        return (token) => undoWith(token, 'authenticator', own.nextCode())
      },
    },
    {
      name: 'a recovery code that a thief replaced',
      subject: /recovery codes/,
      takeAway: async (ada) => {
        const [code = ''] = ada.recoveryCodes
        assertStatus(await ada.post('/settings/RecoveryCodes'), 200)
        return (token) => undoWith(token, 'recoveryCode', code)
      },
    },
    {
      name: 'the phone that a thief replaced',
      subject: /phone number/,
      prepare: (ada) => provePhone(latchkey, ada),
      takeAway: async (ada) => {
        const phoneNumber = ada.phoneNumber.replace('+1415', '+1416')
        assertStatus(await ada.post('/settings/PhoneNumber', { phoneNumber }), 202)
        const proof = { phoneNumber, code: await latchkey.codeSentTo(phoneNumber) }
        assertStatus(await ada.post('/settings/PhoneNumber', proof), 200)
        return async (token) => {
          const { mfaToken } = await challengeOf(token)
          assertStatus(
            await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' }),
            202,
          )
          const code = await latchkey.codeSentTo(ada.phoneNumber)
          return undo(token, { mfaToken, mfaMethod: 'sms', code })
        }
      },
    },
    {
      name: 'the passkey that a thief removed',
      subject: /passkey .* was removed$/,
      prepare: async (ada) => {
        ada.passkey = await addPasskey(latchkey, ada)
      },
      takeAway: async (ada) => {
        const passkey = ada.passkey as Passkey
        assertStatus(await ada.delete(`/settings/Passkeys/${passkey.id}`), 200)
        return (token) => undoWithPasskey(token, passkey)
      },
    },
  ]

  for (const { name, subject, prepare, takeAway } of changes) {
    test(`in a settled epoch, ${name} confirms the undo`, async () => {
      const ada = await settledOwner()
      await prepare?.(ada)
      const answer = await takeAway(ada)
      const token = await undoTokenSentTo(latchkey, ada.email, subject)
      const undone = await answer(token)
      await setPasswordAfter(latchkey, undone, ada)
    })
  }

  test('a passkey or a phone that was never of the epoch confirms no undo', async () => {
    const ada = await latchkey.owner()
    await addPasskey(latchkey, ada)
    await provePhone(latchkey, ada)
    await ada.turnOn('authenticator')
    travel(7 * day)
    await ada.signInFully()
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const { mfaToken, methods } = await challengeOf(token)
    assert.deepEqual(methods, ['authenticator', 'recoveryCode'])
    const byPasskey = await latchkey.post('/auth/SignIn/Passkey', { mfaToken })
    assertProblem(byPasskey, 409, 'method_not_set_up')
    const bySms = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' })
    assertProblem(bySms, 409, 'method_not_set_up')
  })

  test('codes by email confirm no undo, and none is sent', async () => {
    const ada = await settledOwner()
    await ada.turnOn('email')
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const { mfaToken, methods } = await challengeOf(token)
    assert.deepEqual(methods, ['authenticator', 'recoveryCode'])
    const byEmail = { mfaToken, mfaMethod: 'email' }
    const sent = await latchkey.post('/auth/SignIn/MfaCode', byEmail)
    assertProblem(sent, 409, 'method_not_set_up')
    assertProblem(await undo(token, { ...byEmail, code: '123456' }), 401, 'invalid_code')
  })

  test('wrong answers to an undo use up no link and bar no sign-in', async () => {
    const ada = await settledOwner()
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const wrong = await ada.wrongCodeFor('authenticator')
    let attempts = 0
    for (let challenge = 0; challenge < 4; challenge += 1) {
      const { mfaToken } = await challengeOf(token)
      for (let left = 4; left >= 0; left -= 1) {
        const { body } = assertProblem(
          await undo(token, { mfaToken, code: wrong }),
          401,
          'invalid_code',
        )
        assert.equal(body.attemptsLeft, left)
        attempts += 1
      }
      assertProblem(await undo(token, { mfaToken, code: wrong }), 401, 'mfa_token_expired')
    }
    assert.equal(attempts, 20)
    const { mfaToken } = await challengeOf(token)
    const code = ada.authenticator.nextCode()
    assertProblem(await undo(token, { mfaToken, code }), 429, 'too_many_attempts')

    await ada.signInFully()
    const { activity } = (await ada.get('/settings/Activity?limit=100')).body
    const failed = activity.filter(({ type }: { type: string }) => type === 'undo.failed')
    assert.equal(failed.length, 20)
    travel(day)
    const undone = await undoWith(token, 'authenticator', ada.authenticator.nextCode())
    assert.equal(undone.body.undone, 'password.changed')
  })

  test('five wrong passkeys end the answer to an undo, and its link still works', async () => {
    const ada = await settledOwner()
    const passkey = await addPasskey(latchkey, ada)
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const { mfaToken } = await challengeOf(token)
    for (let count = 0; count < 5; count += 1) {
      const { passkeyToken, options } = (await startPasskeySignIn(latchkey, { mfaToken })).body
      const response = passkey.get(options, { unregisteredKey: true })
      assertProblem(await undo(token, { passkeyToken, response }), 401, 'invalid_passkey')
    }
    const late = await latchkey.post('/auth/SignIn/Passkey', { mfaToken })
    assertProblem(late, 401, 'mfa_token_expired')
    assert.equal((await undoWithPasskey(token, passkey)).body.undone, 'password.changed')
  })

  test('a passkey that its owner removed before the change confirms no undo of it', async () => {
    const ada = await settledOwner()
    const [lost, kept] = [await addPasskey(latchkey, ada), await addPasskey(latchkey, ada)]
    assertStatus(await ada.delete(`/settings/Passkeys/${lost.id}`), 200)
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    assertProblem(await undoWithPasskey(token, lost), 401, 'invalid_passkey')
    assert.equal((await undoWithPasskey(token, kept)).body.undone, 'password.changed')
  })

  test('a recovery code that confirms an undo is used up, told and recorded', async () => {
    const ada = await settledOwner()
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const [code = ''] = ada.recoveryCodes
    await setPasswordAfter(latchkey, await undoWith(token, 'recoveryCode', code), ada)
    const subjects = (await latchkey.inbox(ada.email)).map(({ subject }) => subject)
    assert.ok(
      subjects.some((subject) => /recovery code was used/.test(subject)),
      `${subjects}`,
    )
    await ada.signInFully()
    const { activity } = (await ada.get('/settings/Activity')).body
    const used = activity.find(({ type }: { type: string }) => type === 'recovery_code.used')
    assert.deepEqual(used?.detail, { remaining: 9 })
  })

  test('an undo sends five codes a day, and leaves those of sign-in untouched', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    travel(7 * day)
    await ada.signInFully()
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const sent = []
    for (let challenge = 0; challenge < 6; challenge += 1) {
      sent.push('sentTo' in assertMfaRequired(await undo(token)))
    }
    assert.deepEqual(sent, [true, true, true, true, true, false])
    await ada.signInFully()
  })

  test('a sign-in’s mfaToken confirms no undo, an undo’s no sign-in, and none another link’s', async () => {
    const ada = await settledOwner()
    await ada.changePassword('another sentence of Ada')
    const older = await undoTokenSentTo(latchkey, ada.email, /password/)
    assertStatus(await ada.post('/settings/RecoveryCodes'), 200)
    const newer = await undoTokenSentTo(latchkey, ada.email, /recovery codes/)
    const signIn = assertMfaRequired(await ada.signIn())
    const ofOlder = await challengeOf(older)
    const code = ada.authenticator.nextCode()

    const expired = (response: ApiResponse) => assertProblem(response, 401, 'mfa_token_expired')
    expired(await undo(older, { mfaToken: signIn.mfaToken, code }))
    expired(await undo(newer, { mfaToken: ofOlder.mfaToken, code }))
    expired(await latchkey.post('/auth/SignIn/Mfa', { mfaToken: ofOlder.mfaToken, code }))
    assert.equal(
      (await undo(older, { mfaToken: ofOlder.mfaToken, code })).body.undone,
      'password.changed',
    )
  })

  test('a passkey’s answer to an undo signs in nowhere', async () => {
    const ada = await settledOwner()
    const passkey = await addPasskey(latchkey, ada)
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const { mfaToken } = await challengeOf(token)
    const { passkeyToken, options } = (await startPasskeySignIn(latchkey, { mfaToken })).body
    const response = passkey.get(options)
    const signedIn = await latchkey.post('/auth/SignIn/Passkey/Verify', { passkeyToken, response })
    assertProblem(signedIn, 401, 'mfa_token_expired')
    // It was consumed by that.
    assertProblem(await undo(token, { passkeyToken, response }), 401, 'passkey_token_expired')
    const undone = await undoWithPasskey(token, passkey)
    assert.equal(undone.body.undone, 'password.changed')
  })

  test('half a second factor gets advice, and the link still works', async () => {
    const ada = await settledOwner()
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const { mfaToken } = await challengeOf(token)
    for (const [half, path] of [
      [{ mfaToken }, '/code'],
      [{ code: '123456' }, '/mfaToken'],
      [{ passkeyToken: 'x' }, '/response'],
    ] as const) {
      const { body } = assertProblem(await undo(token, half), 400, 'invalid_request')
      assert.deepEqual(
        body.errors.map((error: { path: string }) => error.path),
        [path],
      )
    }
    const code = ada.authenticator.nextCode()
    assert.equal((await undo(token, { mfaToken, code })).body.undone, 'password.changed')
  })
})
