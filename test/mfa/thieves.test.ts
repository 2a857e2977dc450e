/**
 * Each story begins with one stolen thing: its thief does the worst that it allows, the owner takes the
 * account back, and the thief is out. test/undo/stories.test.ts searches through thousands of such
 * stories.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { provePhone, submitMfaCode } from '../support/mfa.ts'
import { Owner } from '../support/owner.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'
import {
  assertMfaRequired,
  assertProblem,
  assertSignedIn,
  assertStatus,
} from '../support/responses.ts'
import { startSignUp } from '../support/sign-up.ts'
import { setPasswordAfter, undoTokenSentTo } from '../support/undo-token.ts'

const day = 86_400_000
const sentenceOfThief = 'the sentence of a thief'

onEachDatabase((latchkey) => {
  /** Somebody who knows the owner’s password, or reads the owner’s mailbox. */
  const thiefOf = ({ email, password }: Owner) => new Owner(latchkey, { email, password })
  const undo = (token: string) => latchkey.post('/auth/Undo', { token })

  /** Adds codes by email to a second mailbox. */
  async function addMailbox(ada: Owner, email: string): Promise<void> {
    const request = { mfaMethod: 'email', email, setDefault: false }
    assertStatus(await ada.post('/settings/MfaSignIn', request), 202)
    const code = await latchkey.codeSentTo(email)
    assertStatus(await ada.post('/settings/MfaSignIn', { ...request, code }), 200)
  }

  // Abuse case (Undo): The second mailbox took an undo link from a notice, set a password and signed
  // in with a code to itself.
  test('a thief who reads the second mailbox finds no link there, and resets no password', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const mailbox = `second-${ada.email}`
    await addMailbox(ada, mailbox)
    await ada.changePassword('another sentence of the owner')
    assertStatus(await ada.delete('/settings/MfaEmail'), 200)

    const messages = await latchkey.inbox(mailbox)
    assert.ok(messages.length > 0)
    for (const { text } of messages) assert.doesNotMatch(text, /#token=/)
    assertStatus(await latchkey.post('/auth/ForgotPassword', { email: mailbox }), 202)
    const [answer] = await latchkey.inbox(mailbox)
    assert.match(answer?.subject ?? '', /You have no/)
    assertSignedIn(await ada.signInFully())
  })

  // Abuse case (Second factor skipped): Codes went to another spelling of the mailbox that resets the
  // password, so a thief who read it had both factors.
  test('a thief who reads the mailbox and its sub-addresses resets the password, and gets no code there', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await addMailbox(ada, ada.email.replace('@', '+2fa@'))
    const thief = thiefOf(ada)
    await thief.resetPassword(sentenceOfThief)

    const started = assertMfaRequired(await thief.signIn())
    assert.deepEqual(started.availableMethods, ['authenticator', 'recoveryCode'])
    const { mfaToken } = started
    const asked = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'email' })
    assertProblem(asked, 409, 'method_not_set_up')

    await ada.resetPassword('a new sentence of the owner')
    assertSignedIn(await ada.signInFully())
    assertProblem(await thief.signIn(), 401, 'invalid_credentials')
  })

  // Abuse case (Undo): Who read the mailbox of an earlier address took the account over with its link.
  test('a thief who reads the mailbox of before needs the second factor for its link, and cannot reset', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travel(8 * day)
    await ada.signInFully()
    const before = ada.email
    const email = `new-${before}`
    assertStatus(await ada.startEmailChange(email), 202)
    const code = await latchkey.codeSentTo(email)
    assertStatus(await ada.post('/settings/Email', { email, code }), 200)

    const token = await undoTokenSentTo(latchkey, before, /address/)
    const { availableMethods } = assertMfaRequired(await undo(token))
    assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])
    assertStatus(await latchkey.post('/auth/ForgotPassword', { email: before }), 202)
    const [answer] = await latchkey.inbox(before)
    assert.match(answer?.subject ?? '', /You have no/)
    travel(8 * day)
    assertProblem(await undo(token), 401, 'undo_token_expired')
  })

  // Abuse case (Sessions and tokens): A thief’s session outlived the change of the password.
  test('a thief with the password of before is out when the owner changes it', async () => {
    const ada = await latchkey.owner()
    const thief = thiefOf(ada)
    await thief.signInFully()
    await ada.changePassword('another sentence of the owner')

    assertProblem(await thief.signIn(), 401, 'invalid_credentials')
    assertProblem(await thief.get('/settings'), 401, 'invalid_token')
    const { refreshToken, deviceToken, email, password } = thief
    const refreshed = await latchkey.post('/auth/Refresh', { refreshToken })
    assertProblem(refreshed, 401, 'invalid_refresh_token')
    const known = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assertProblem(known, 401, 'invalid_credentials')
    assertSignedIn(await ada.signInFully())
  })

  // Abuse case (MFA changed by an attacker): What a thief planted while MFA was on by an app of
  // theirs, and off again, signed in after the owner turned MFA on.
  test('a thief with the password who turns MFA on, plants credentials and turns it off keeps none of them', async () => {
    const ada = await latchkey.owner()
    const thief = thiefOf(ada)
    await thief.signInFully()
    await thief.turnOn('authenticator')
    const passkey = await addPasskey(latchkey, thief)
    await provePhone(latchkey, thief)
    const [recoveryCode = ''] = thief.recoveryCodes
    assertStatus(await thief.delete('/settings/MfaSignIn'), 200)

    await ada.resetPassword('a new sentence of the owner')
    await ada.signInFully()
    await ada.turnOn('authenticator')
    assertStatus(await signInWithPasskey(latchkey, passkey), 401)
    const started = await ada.signIn()
    const { availableMethods } = assertMfaRequired(started)
    assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])
    const codes = [
      { mfaMethod: 'authenticator', code: thief.authenticator.nextCode() },
      { mfaMethod: 'recoveryCode', code: recoveryCode },
    ] as const
    for (const code of codes) {
      assertProblem(await submitMfaCode(latchkey, started, code), 401, 'invalid_code')
    }
  })

  // Abuse case (MFA changed by an attacker): A stolen access token became a lasting way in.
  test('a thief with an access token sets no password, address or passkey, and the owner undoes the rest', async () => {
    const ada = await latchkey.owner()
    const thief = thiefOf(ada)
    thief.accessToken = ada.accessToken
    const guess = 'a wrong sentence'
    const newPassword = sentenceOfThief
    const attempts = [
      thief.put('/settings/Password', { currentPassword: guess, newPassword }),
      thief.post('/settings/Email', { email: `thief-${ada.email}`, currentPassword: guess }),
      thief.post('/settings/Passkeys', { currentPassword: guess }),
    ]
    for (const attempt of attempts) assertProblem(await attempt, 401, 'invalid_credentials')
    await thief.turnOn('authenticator')
    assertMfaRequired(await ada.signIn())

    const token = await undoTokenSentTo(latchkey, ada.email, /is on$/)
    await setPasswordAfter(latchkey, await undo(token), ada)
    assertSignedIn(await ada.signInFully())
    assertProblem(await thief.get('/settings'), 401, 'invalid_token')
  })

  // Abuse case (Undo): A mailbox thief turned MFA off with the link of an older change.
  test('a thief who keeps a link from before MFA was on cannot turn it off, where the owner had a known device', async () => {
    const ada = await latchkey.owner()
    const { deviceToken } = ada
    travel(8 * day)
    const thief = thiefOf(ada)
    await thief.resetPassword(sentenceOfThief)
    const link = await undoTokenSentTo(latchkey, ada.email, /password/)

    await ada.resetPassword('a new sentence of the owner')
    await ada.signInFully()
    await ada.turnOn('authenticator', { deviceToken })
    travel(6 * day)
    const { availableMethods } = assertMfaRequired(await undo(link))
    assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])
    assertMfaRequired(await ada.signIn())
  })

  // Abuse case (Sign-up): A stranger signed up after the owner, and the owner entered the stranger’s
  // code.
  test('a thief who signs up after the owner sets no password, although the owner enters the newer code', async () => {
    const ada = new Owner(latchkey, {})
    const own = await startSignUp(latchkey, ada)
    const thief = new Owner(latchkey, { email: ada.email, password: sentenceOfThief })
    const { code, signUpToken } = await startSignUp(latchkey, thief)
    assert.notEqual(code, own.code)

    assertStatus(await latchkey.post('/auth/SignUp/Verify', { ...own, code }), 201)
    assertSignedIn(await ada.signIn())
    assertProblem(await thief.signIn(), 401, 'invalid_credentials')
    const late = await latchkey.post('/auth/SignUp/Verify', { signUpToken, code })
    assertProblem(late, 401, 'sign_up_token_expired')
  })
})
