/** Accepting an invitation with a passkey: an account without a password. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { acceptInvitation, invite } from '../support/invitations.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { signInWithPasskey } from '../support/passkeys.ts'
import { assertBody, assertSignedIn, assertStatus } from '../support/responses.ts'
import {
  type AuthenticatorTraits,
  SoftwareAuthenticator,
  type Tampering,
} from '../support/software-authenticator.ts'

let people = 0
const newcomer = () => `passkey-${people++}@example.com`

onEachDatabase((latchkey) => {
  let operator: Owner
  const start = (token: string) => latchkey.post('/auth/Invitation/Passkey', { token })

  /** Invites somebody, who answers the options with an authenticator. */
  async function answer(traits: AuthenticatorTraits = {}, tampering: Tampering = {}) {
    operator ??= await createOperator(latchkey)
    const email = newcomer()
    const { token } = await invite(latchkey, operator, { email })
    const started = assertStatus(await start(token), 200)
    const authenticator = new SoftwareAuthenticator(latchkey.origin, traits)
    const response = authenticator.create(started.body.options, tampering)
    const { passkeyToken } = started.body
    return { email, token, authenticator, body: { token, passkeyToken, response } }
  }
  const verify = (body: object) => latchkey.post('/auth/Invitation/Passkey/Verify', body)

  test('an invitation ends in an account without a password, whose passkey signs in alone', async () => {
    const { email, token, authenticator, body } = await answer()
    const accepted = assertStatus(await verify({ ...body, name: 'My phone' }), 201)
    const { accessToken } = assertSignedIn(accepted)
    const settings = assertStatus(await latchkey.get('/settings', { token: accessToken }), 200)
    assertBody(settings, 200, { email, hasPassword: false })
    assert.deepEqual(
      settings.body.passkeys.map(({ name }: { name: string }) => name),
      ['My phone'],
    )
    assertSignedIn(await signInWithPasskey(latchkey, authenticator))
    for (const password of ['', '!', 'seven red bicycles']) {
      const guess = await latchkey.post('/auth/SignIn', { email, password: password || 'x' })
      assertBody(guess, 401, { code: 'invalid_credentials' })
    }
    assertBody(await verify(body), 401, { code: 'invitation_expired' })
    assertBody(await acceptInvitation(latchkey, token), 401, { code: 'invitation_expired' })
  })

  test('registering counts as no second factor; signing in with the passkey does', async () => {
    const { authenticator, body } = await answer({ synced: true })
    const { accessToken } = assertSignedIn(assertStatus(await verify(body), 201))
    assert.deepEqual(claimsOf(accessToken).amr, ['swk', 'user'])
    assert.equal(claimsOf(accessToken).acr, 'aal1')
    const again = assertSignedIn(await signInWithPasskey(latchkey, authenticator))
    assert.equal(claimsOf(again.accessToken).acr, 'aal2')
  })

  test('the owner without a password turns MFA on, adds a passkey and deletes the account by passkey', async () => {
    const { authenticator, body } = await answer()
    const { accessToken: token } = assertSignedIn(assertStatus(await verify(body), 201))
    const asked = assertStatus(await latchkey.post('/settings/Passkeys', {}, { token }), 202)
    const assertion = authenticator.get(asked.body.options)
    const second = assertStatus(
      await latchkey.post('/settings/Passkeys', { assertion }, { token }),
      200,
    )
    const other = new SoftwareAuthenticator(latchkey.origin)
    const response = other.create(second.body.options)
    assertStatus(await latchkey.post('/settings/Passkeys/Verify', { response }, { token }), 201)

    // It is the only proof there, so it must verify its user, and makes the session strong.
    const mfa = { mfaMethod: 'passkey' }
    const turnOn = async (tampering: Tampering) => {
      const started = assertStatus(await latchkey.post('/settings/MfaSignIn', mfa, { token }), 202)
      assert.equal(started.body.options.userVerification, 'required')
      const proof = authenticator.get(started.body.options, tampering)
      return latchkey.post('/settings/MfaSignIn', { ...mfa, assertion: proof }, { token })
    }
    assertBody(await turnOn({ userVerified: false }), 401, { code: 'invalid_passkey' })
    assertBody(await turnOn({}), 200, { enabled: true, mfaMethod: 'passkey' })

    const ask = await latchkey.delete('/settings/Account', { token, body: {} })
    const confirmed = authenticator.get(assertStatus(ask, 202).body.options)
    const deleted = await latchkey.delete('/settings/Account', {
      token,
      body: { assertion: confirmed },
    })
    assertStatus(deleted, 204)
  })

  test('a forgotten passkey is no dead end: a code by email sets a password', async () => {
    const { email, body } = await answer()
    assertStatus(await verify(body), 201)
    assertStatus(await latchkey.post('/auth/ForgotPassword', { email }), 202)
    const code = await latchkey.codeSentTo(email)
    const newPassword = 'seven red bicycles'
    assertStatus(await latchkey.post('/auth/ResetPassword', { email, code, newPassword }), 200)
    const signedIn = await latchkey.post('/auth/SignIn', { email, password: newPassword })
    assertBody(signedIn, 200, { status: 'signedIn' })
  })

  test('a passkey that cannot sign in alone is refused, and the link stays open', async () => {
    const options = assertStatus(await start((await answer()).token), 200).body.options
    const { residentKey, userVerification } = options.authenticatorSelection
    assert.deepEqual([residentKey, userVerification], ['required', 'required'])
    for (const traits of [{ verifiesUser: false }, { discoverable: false }]) {
      const { token, body } = await answer(traits)
      assertBody(await verify(body), 401, { code: 'invalid_passkey' })
      assertStatus(await acceptInvitation(latchkey, token), 201)
    }
  })

  test('a response to another challenge, of another origin or for another invitation is refused', async () => {
    for (const tampering of [
      { challenge: 'A'.repeat(43) },
      { origin: 'https://evil.example' },
      { rpId: 'evil.example' },
      { type: 'webauthn.get' },
      { crossOrigin: true },
    ]) {
      const { body } = await answer({}, tampering)
      assertBody(await verify(body), 401, { code: 'invalid_passkey' })
    }
    const [ada, eve] = [await answer(), await answer()]
    const { passkeyToken, response } = eve.body
    assertBody(await verify({ ...ada.body, passkeyToken, response }), 401, {
      code: 'passkey_token_expired',
    })
    assertBody(await verify({ ...ada.body, response }), 401, { code: 'invalid_passkey' })
    assertStatus(await verify(ada.body), 201)
  })

  test('the options expire, and an altered token does not extend them', async () => {
    const { body } = await answer()
    const [value, userHandle, expiry, hash] = body.passkeyToken.split('.')
    for (const altered of [
      `${value}.${userHandle}.${Number(expiry) + 1}.${hash}`,
      `${value}.${'A'.repeat(43)}.${expiry}.${hash}`,
      `${value}.${userHandle}.${expiry}`,
      `${body.passkeyToken}.x`,
      'x',
    ]) {
      assertBody(await verify({ ...body, passkeyToken: altered }), 401, {
        code: 'passkey_token_expired',
      })
    }
    travel(5 * 60_000 + 1000)
    assertBody(await verify(body), 401, { code: 'passkey_token_expired' })
  })

  test('a passkey that an account has is refused', async () => {
    const first = await answer()
    assertStatus(await verify(first.body), 201)
    await operator.signInFully()
    const email = newcomer()
    const { token } = await invite(latchkey, operator, { email })
    const started = assertStatus(await start(token), 200)
    const response = first.authenticator.create(started.body.options)
    const { passkeyToken } = started.body
    assertBody(await verify({ token, passkeyToken, response }), 409, { code: 'passkey_known' })
    const rows = await latchkey.sql(`select id from account where email_key = '${email}'`)
    assert.equal(rows.length, 0)
    assertStatus(await acceptInvitation(latchkey, token), 201)
  })

  test('of concurrent acceptances by password and by passkey one succeeds', async () => {
    const { email, token, body } = await answer()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0 ? verify(body) : acceptInvitation(latchkey, token),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    const rows = await latchkey.sql(
      `select passkey.id as passkey, session.id as session from account
       left join passkey on passkey.account_id = account.id
       left join session on session.account_id = account.id where email_key = '${email}'`,
    )
    assert.equal(rows.length, 1)
  })
})

function claimsOf(token: string): { amr: string[]; acr: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
