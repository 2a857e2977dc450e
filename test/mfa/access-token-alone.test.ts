/**
 * A stolen access token becomes no lasting way in. Each call that takes one asks for more, or is
 * listed with the reason why it lets nobody in later. The tests try every operation of openapi.json,
 * so that new ones are covered.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { accountStateOf } from '../support/mfa.ts'
import { operations } from '../support/openapi.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey, removePassword, signInWithPasskey } from '../support/passkeys.ts'
import { assertBody, assertProblem, assertRateLimited, assertStatus } from '../support/responses.ts'
import { SoftwareAuthenticator } from '../support/software-authenticator.ts'

/** The calls that ask for the password, and the field that they ask for it in. */
const confirmed: Record<string, { field: string; body?: (ada: Owner) => object }> = {
  changeEmail: { field: 'currentPassword', body: ({ email }) => ({ email: `thief-${email}` }) },
  startPasskeyRegistration: { field: 'currentPassword' },
  changePassword: {
    field: 'currentPassword',
    body: () => ({ newPassword: 'the sentence of a thief' }),
  },
  deleteAccount: { field: 'password' },
  reauthenticate: { field: 'password' },
}

const secondFactorOnly =
  'sets up a second factor, which signs nobody in without a first one; the owner is notified'
const takesAway = 'takes something away that signs in; the owner is notified'
const endsAccess = 'ends access'
const ofAnotherAccount = 'gives nobody a credential, and acts on other accounts alone'

/** Why the other calls with an access token open no lasting way in. */
const reasons: Record<string, string> = {
  addPasskey: 'completes what startPasskeyRegistration started, in the same session',
  startPasskeySignIn: 'asks for a passkey that the account has',
  verifyPasskeySignIn: 'asks for a passkey that the account has',
  turnOnMfa: secondFactorOnly,
  createMfaSecret: secondFactorOnly,
  changePhoneNumber: secondFactorOnly,
  generateRecoveryCodes: secondFactorOnly,
  turnOffMfa: takesAway,
  removeMfaEmail: takesAway,
  removeMfaSecret: takesAway,
  removePasskey: takesAway,
  removePhoneNumber: takesAway,
  renamePasskey: 'changes a name',
  changeLanguage: 'changes the language of messages, which is recorded',
  changeProfile: 'changes what applications show of the owner, which is recorded',
  authorize: 'lets an application sign in, whose tokens end with the session',
  consent: 'asks for the cookie of the session, too',
  signOut: endsAccess,
  endOtherSessions: endsAccess,
  endSession: endsAccess,
  revokeAllTrustedDevices: endsAccess,
  revokeTrustedDevice: endsAccess,
  removeAccountApp: endsAccess,
  invite: 'opens an account of somebody else, listed with its operator; needs recent MFA',
  revokeInvitation: ofAnotherAccount,
  turnOffMfaOfUser: ofAnotherAccount,
  changeProfileOfUser: ofAnotherAccount,
  setGroupsOfUser: ofAnotherAccount,
  endSessionsOfUser: ofAnotherAccount,
  requirePasswordResetOfUser: ofAnotherAccount,
  suspendUser: ofAnotherAccount,
  unsuspendUser: ofAnotherAccount,
}

onEachDatabase((latchkey) => {
  async function confirmedCalls(ada: Owner) {
    const all = await operations(latchkey)
    return all
      .filter(({ operationId }) => operationId in confirmed)
      .map(({ method, path, operationId }) => {
        const { field = '', body } = confirmed[operationId] ?? {}
        const send = (proof: object) =>
          latchkey.request(method, path, {
            token: ada.accessToken,
            body: { ...body?.(ada), ...proof },
          })
        return { operationId, field, send }
      })
  }

  test('each call with an access token asks for more, or opens no lasting way in', async () => {
    const takingTokens = (await operations(latchkey)).filter(
      ({ method, acceptsToken }) => method !== 'GET' && acceptsToken,
    )
    const listed = [...Object.keys(confirmed), ...Object.keys(reasons)]
    assert.deepEqual(takingTokens.map(({ operationId }) => operationId).sort(), listed.sort())
  })

  // Abuse case (MFA changed by an attacker): A stolen access token changed the address or added a
  // passkey, which signed in long after the token had expired.
  test('an access token alone changes no address and adds no passkey, nor what else the password confirms', async () => {
    const ada = await latchkey.owner()
    const before = await accountStateOf(latchkey, ada)
    for (const { operationId, field, send } of await confirmedCalls(ada)) {
      const refused = await send({})
      assertBody(refused, 400, { code: 'invalid_request' })
      const paths = refused.body.errors.map(({ path }: { path: string }) => path)
      assert.deepEqual(paths, [`/${field}`], operationId)
      assert.match(refused.body.errors[0].message, /an access token alone is not enough/)
    }
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    assert.deepEqual(await latchkey.inbox(`thief-${ada.email}`), [])
  })

  test('of an account without a password, an access token alone gets a challenge and no more', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await removePassword(latchkey, ada)
    ada.storeTokens(await signInWithPasskey(latchkey, passkey))
    assertBody(await ada.get('/settings'), 200, { hasPassword: false })
    const before = await accountStateOf(latchkey, ada)
    for (const { send } of await confirmedCalls(ada)) {
      const asked = assertStatus(await send({}), 202)
      assertBody(asked, 202, { status: 'assertionRequired', expiresIn: 300 })
      const { userVerification, allowCredentials } = asked.body.options
      assert.equal(userVerification, 'required')
      assert.deepEqual(
        allowCredentials.map(({ id }: { id: string }) => id),
        [passkey.credentialId],
      )
    }
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    assert.deepEqual(await latchkey.inbox(`thief-${ada.email}`), [])
  })

  test('a passkey confirms nothing where there is a password', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const givePasswordBack = await removePassword(latchkey, ada)
    const { options } = (await ada.post('/settings/Passkeys', {})).body
    await givePasswordBack()
    const assertion = passkey.get(options)
    assertStatus(await ada.post('/settings/Passkeys', { assertion }), 400)
  })

  test('wrong passwords are told, recorded and counted over all these calls together', async () => {
    const ada = await latchkey.owner()
    const bob = await latchkey.owner()
    const calls = await confirmedCalls(ada)
    assert.equal(calls.length, Object.keys(confirmed).length)
    for (let guesses = 0; guesses < 10; guesses += calls.length) {
      for (const { operationId, field, send } of calls) {
        const wrong = await send({ [field]: bob.password })
        assertBody(wrong, 401, { code: 'invalid_credentials' })
        assert.match(wrong.body.detail, /password isn’t right/, operationId)
      }
    }
    const { activity } = (await ada.get('/settings/Activity')).body
    const failures = activity.filter(({ type }: { type: string }) => type === 'signin.failed')
    assert.equal(failures.length, 10)
    assert.deepEqual(failures[0].detail, { step: 'password' })
    for (const { field, send } of calls) {
      assertRateLimited(await send({ [field]: ada.password }), 'too_many_attempts')
    }
    // Another session has guesses of its own.
    await ada.signInFully()
    assertStatus(await ada.startPasskeyRegistration(), 200)
  })

  test('a password that changes while a call is under way confirms nothing in it any more', async () => {
    const newPassword = 'a new sentence of the owner'
    // Sent together, so that the password changes between the check of the old one and the call.
    const race = async (call: (ada: Owner) => Promise<ApiResponse>) => {
      const ada = await latchkey.owner()
      const { password: currentPassword } = ada
      const [changed, called] = await Promise.all([
        ada.put('/settings/Password', { currentPassword, newPassword }),
        call(ada),
      ])
      if (changed.status === 200) ada.password = newPassword
      return { ada, changed, called }
    }

    for (let round = 0; round < 6; round += 1) {
      const deletion = await race((ada) =>
        ada.delete('/settings/Account', { body: { password: ada.password } }),
      )
      const done = [deletion.changed, deletion.called].filter(({ status }) => status < 300)
      assert.equal(done.length, 1)

      // Whatever a call started before the change is void.
      const address = await race((ada) => ada.startEmailChange(`thief-${ada.email}`))
      if (address.called.status === 202) {
        const email = `thief-${address.ada.email}`
        const code = await latchkey.codeSentTo(email)
        const refused = await address.ada.post('/settings/Email', { email, code })
        assertProblem(refused, 401, 'invalid_code')
      }
      const passkey = await race((ada) => ada.startPasskeyRegistration())
      if (passkey.called.status === 200) {
        const authenticator = new SoftwareAuthenticator(latchkey.origin)
        const response = authenticator.create(passkey.called.body.options)
        const refused = await passkey.ada.post('/settings/Passkeys/Verify', { response })
        assertProblem(refused, 401, 'invalid_passkey')
      }
      const { ada, changed } = await race((owner) =>
        owner.post('/auth/Reauthenticate', { password: owner.password }),
      )
      if (changed.status !== 200) {
        // It arrived after the reauthentication, which makes the access token of both outdated.
        assertProblem(changed, 401, 'invalid_token')
        continue
      }
      await ada.signInFully()
      const { activity } = (await ada.get('/settings/Activity')).body
      const types: string[] = activity.map(({ type }: { type: string }) => type)
      const sinceChange = types.slice(0, types.indexOf('password.changed'))
      assert.equal(sinceChange.filter((type) => type === 'signin.succeeded').length, 1)
    }
  })

  test('after nine wrong passwords, many right ones at once are all accepted', async () => {
    const ada = await latchkey.owner()
    for (let guesses = 0; guesses < 9; guesses += 1) {
      const wrong = await ada.post('/settings/Passkeys', { currentPassword: 'a guess' })
      assertStatus(wrong, 401)
    }
    const responses = await Promise.all(
      Array.from({ length: 25 }, () => ada.startPasskeyRegistration()),
    )
    for (const response of responses) assertStatus(response, 200)
  })
})
