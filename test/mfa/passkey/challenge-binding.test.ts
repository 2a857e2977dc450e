/** A challenge is bound to one purpose, one account and one session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../../support/latchkey.ts'
import { countLiveSessions } from '../../support/mfa.ts'
import { Owner } from '../../support/owner.ts'
import {
  addPasskey,
  type Passkey,
  passkeyRowsOf,
  removePassword,
  requestMfaToken,
  signInWithPasskey,
  startPasskeySignIn,
  turnOnWithPasskey,
  verifyPasskeySignIn,
} from '../../support/passkeys.ts'
import { SoftwareAuthenticator } from '../../support/software-authenticator.ts'

onEachDatabase((latchkey) => {
  /** Starts each ceremony. @returns its challenge */
  const starts = {
    register: async (ada: Owner) => {
      const { options } = (await ada.startPasskeyRegistration()).body
      return { challenge: options.challenge as string }
    },
    turnOn: async (ada: Owner) => {
      const { options } = (await ada.post('/settings/MfaSignIn', { mfaMethod: 'passkey' })).body
      return { challenge: options.challenge as string }
    },
    signIn: async () => challengeOf(await startPasskeySignIn(latchkey)),
    secondFactor: async (ada: Owner) =>
      challengeOf(await startPasskeySignIn(latchkey, { mfaToken: await requestMfaToken(ada) })),
    reauthenticate: async (ada: Owner) =>
      challengeOf(await startPasskeySignIn(latchkey, { call: { token: ada.accessToken } })),
    confirm: async (ada: Owner) => {
      const givePasswordBack = await removePassword(latchkey, ada)
      const started = await ada.post('/auth/Reauthenticate', {})
      await givePasswordBack()
      return challengeOf(started)
    },
  }
  type Purpose = keyof typeof starts

  /** Completes each ceremony with a given challenge. */
  const completions = {
    register: (ada: Owner, _passkey: Passkey, challenge: string) => {
      const authenticator = new SoftwareAuthenticator(latchkey.origin)
      const options = { challenge, rp: { id: 'localhost' }, user: { id: 'AAAA' } }
      return ada.post('/settings/Passkeys/Verify', { response: authenticator.create(options) })
    },
    turnOn: (ada: Owner, passkey: Passkey, challenge: string) =>
      ada.post('/settings/MfaSignIn', {
        mfaMethod: 'passkey',
        assertion: passkey.get({ challenge, rpId: 'localhost' }),
      }),
    signIn: async (_ada: Owner, passkey: Passkey, challenge: string) =>
      verifyPasskeySignIn(
        latchkey,
        await startPasskeySignIn(latchkey),
        passkey.get({ challenge, rpId: 'localhost' }),
      ),
    secondFactor: async (ada: Owner, passkey: Passkey, challenge: string) =>
      verifyPasskeySignIn(
        latchkey,
        await startPasskeySignIn(latchkey, { mfaToken: await requestMfaToken(ada) }),
        passkey.get({ challenge, rpId: 'localhost' }),
      ),
    reauthenticate: async (ada: Owner, passkey: Passkey, challenge: string) => {
      const call = { token: ada.accessToken }
      const started = await startPasskeySignIn(latchkey, { call })
      const response = passkey.get({ challenge, rpId: 'localhost' })
      return verifyPasskeySignIn(latchkey, started, response, { call })
    },
    confirm: async (ada: Owner, passkey: Passkey, challenge: string) => {
      const givePasswordBack = await removePassword(latchkey, ada)
      const assertion = passkey.get({ challenge, rpId: 'localhost' })
      const response = await ada.post('/auth/Reauthenticate', { assertion })
      await givePasswordBack()
      return response
    },
  }

  /** An owner with a passkey and MFA by app, so that turning on by passkey is a change. */
  async function adaWithPasskey(): Promise<{ ada: Owner; passkey: Passkey }> {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    return { ada, passkey: await addPasskey(latchkey, ada) }
  }

  // Abuse case (Passkeys): A challenge signed for one purpose was accepted for another.
  test('a challenge signed for one purpose is rejected for every other', async () => {
    const { ada, passkey } = await adaWithPasskey()
    const before = [await passkeyRowsOf(latchkey, ada), await countLiveSessions(latchkey, ada)]
    for (const from of Object.keys(starts) as Purpose[]) {
      for (const to of Object.keys(completions) as Purpose[]) {
        if (from === to) continue
        const { challenge } = await starts[from](ada)
        const answer = await completions[to](ada, passkey, challenge)
        assert.equal(answer.status, 401, `${from} as ${to}`)
        assert.equal(answer.body.code, 'invalid_passkey', `${from} as ${to}`)
      }
    }
    const after = [await passkeyRowsOf(latchkey, ada), await countLiveSessions(latchkey, ada)]
    assert.deepEqual(after, before)
    assert.equal((await ada.get('/settings/MfaSignIn')).body.mfaMethod, 'authenticator')
  })

  test('a passkeyToken of a session serves that session alone: nobody else signs in with it', async () => {
    const { ada, passkey } = await adaWithPasskey()
    const bob = await latchkey.owner()
    for (const call of [{}, { token: bob.accessToken }]) {
      const started = await startPasskeySignIn(latchkey, { call: { token: ada.accessToken } })
      const response = passkey.get(started.body.options)
      const stolen = await verifyPasskeySignIn(latchkey, started, response, { call })
      assert.equal(stolen.status, 401)
      assert.equal(stolen.body.code, 'passkey_token_expired')
      const own = { call: { token: ada.accessToken } }
      // Reauthentication replaced the previous access token.
      ada.storeTokens(await verifyPasskeySignIn(latchkey, started, response, own))
    }
  })

  // Abuse case (Passkeys): A challenge of one account was completed with another account’s passkey.
  test('another account’s passkey completes no sign-in, confirms no session and turns nothing on', async () => {
    const { ada } = await adaWithPasskey()
    const bob = await latchkey.owner()
    const bobs = await addPasskey(latchkey, bob)
    const before = [await countLiveSessions(latchkey, ada), await countLiveSessions(latchkey, bob)]

    for (const userHandle of [bobs.userHandle, null, await userHandleOf(ada)]) {
      const wrong = { userHandle }
      const mfaToken = await requestMfaToken(ada)
      const second = await signInWithPasskey(latchkey, bobs, { mfaToken, tampering: wrong })
      assert.equal(second.body.code, 'invalid_passkey')
      const call = { token: ada.accessToken }
      const confirmed = await signInWithPasskey(latchkey, bobs, { call, tampering: wrong })
      assert.equal(confirmed.body.code, 'invalid_passkey')
      const { options } = (await ada.post('/settings/MfaSignIn', { mfaMethod: 'passkey' })).body
      const assertion = bobs.get(options, wrong)
      const on = await ada.post('/settings/MfaSignIn', { mfaMethod: 'passkey', assertion })
      assert.equal(on.body.code, 'invalid_passkey')
    }
    assert.deepEqual(
      [await countLiveSessions(latchkey, ada), await countLiveSessions(latchkey, bob)],
      before,
    )
    assert.equal((await ada.get('/settings/MfaSignIn')).body.mfaMethod, 'authenticator')
  })

  test('a passkey with another account’s user handle signs nobody in', async () => {
    const { ada } = await adaWithPasskey()
    const bob = await latchkey.owner()
    const bobs = await addPasskey(latchkey, bob)
    const wrong = { userHandle: await userHandleOf(ada) }
    const answer = await signInWithPasskey(latchkey, bobs, { tampering: wrong })
    assert.equal(answer.body.code, 'invalid_passkey')
    assert.equal((await signInWithPasskey(latchkey, bobs)).status, 200)
  })

  test('a challenge of one session is rejected in another session of the same account', async () => {
    const { ada, passkey } = await adaWithPasskey()
    const { email, password, authenticator } = ada
    const other = new Owner(latchkey, { email, password, authenticator })
    await other.signInFully()

    for (const purpose of ['register', 'turnOn', 'confirm'] as const) {
      const { challenge } = await starts[purpose](ada)
      const elsewhere = await completions[purpose](other, passkey, challenge)
      assert.equal(elsewhere.body.code, 'invalid_passkey', purpose)
    }
    const started = await startPasskeySignIn(latchkey, { call: { token: ada.accessToken } })
    const response = passkey.get(started.body.options)
    const call = { token: other.accessToken }
    const answer = await verifyPasskeySignIn(latchkey, started, response, { call })
    assert.equal(answer.body.code, 'passkey_token_expired')
  })

  // Abuse case (Passkeys): Knowing the id of a passkey was enough to delete it (CVE-2025-71400).
  test('an account cannot rename or remove a passkey of another account', async () => {
    const { ada, passkey } = await adaWithPasskey()
    const bob = await latchkey.owner()
    await addPasskey(latchkey, bob)
    const before = await passkeyRowsOf(latchkey, ada)
    const path = `/settings/Passkeys/${passkey.id}`
    const call = { token: bob.accessToken }
    const body = { name: 'Bob’s' }
    for (const answer of [
      await latchkey.request('PATCH', path, { ...call, body }),
      await latchkey.delete(path, call),
    ]) {
      assert.equal(answer.status, 404)
      assert.equal(answer.body.code, 'not_found')
    }
    assert.deepEqual(await passkeyRowsOf(latchkey, ada), before)
    assert.equal((await bob.get('/settings/Passkeys')).body.passkeys.length, 1)
  })

  // Abuse case (Passkeys): A sign-in that was waiting for its second factor registered a passkey
  // and used it as that factor (CVE-2026-111949).
  test('a sign-in that waits for its second factor can neither read nor change passkeys', async () => {
    const { ada, passkey } = await adaWithPasskey()
    const before = await passkeyRowsOf(latchkey, ada)
    const mfaToken = await requestMfaToken(ada)
    const started = await startPasskeySignIn(latchkey, { mfaToken })
    for (const token of [mfaToken, started.body.passkeyToken]) {
      for (const [method, path, body] of [
        ['GET', '/settings/Passkeys', undefined],
        ['POST', '/settings/Passkeys', undefined],
        ['POST', '/settings/Passkeys/Verify', { response: passkey.get(started.body.options) }],
        ['PATCH', `/settings/Passkeys/${passkey.id}`, { name: 'Mine now' }],
        ['DELETE', `/settings/Passkeys/${passkey.id}`, undefined],
        ['POST', '/settings/MfaSignIn', { mfaMethod: 'passkey' }],
        ['POST', '/auth/SignIn/Passkey', {}],
      ] as const) {
        const answer = await latchkey.request(method, path, { token, body })
        assert.equal(answer.status, 401, `${method} ${path}`)
        assert.equal(answer.body.code, 'invalid_token')
      }
    }
    assert.deepEqual(await passkeyRowsOf(latchkey, ada), before)
  })

  // Abuse case (Second factor skipped): The token of a completed sign-in could be used
  // again.
  test('once its sign-in is complete, an mfaToken neither starts nor completes an assertion', async () => {
    const { ada, passkey } = await adaWithPasskey()
    await turnOnWithPasskey(ada, passkey)
    const mfaToken = await requestMfaToken(ada)
    const [first, second] = [
      await startPasskeySignIn(latchkey, { mfaToken }),
      await startPasskeySignIn(latchkey, { mfaToken }),
    ]
    const done = await verifyPasskeySignIn(latchkey, first, passkey.get(first.body.options))
    assert.equal(done.status, 200)
    const again = await verifyPasskeySignIn(latchkey, second, passkey.get(second.body.options))
    assert.equal(again.body.code, 'mfa_token_expired')
    const begun = await latchkey.post('/auth/SignIn/Passkey', { mfaToken })
    assert.equal(begun.body.code, 'mfa_token_expired')
  })

  async function userHandleOf(owner: Owner): Promise<string> {
    return (await owner.startPasskeyRegistration()).body.options.user.id
  }
})

function challengeOf({ body }: { body: { options: { challenge: string } } }): {
  challenge: string
} {
  return { challenge: body.options.challenge }
}
