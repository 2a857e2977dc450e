/** Calls of an account without a password, each confirmed by a passkey that signs for it alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { decodeToken } from '../../support/forge-token.ts'
import { type ApiResponse, onEachDatabase } from '../../support/latchkey.ts'
import { accountStateOf } from '../../support/mfa.ts'
import type { Owner } from '../../support/owner.ts'
import { addPasskey, removePassword, signInWithPasskey } from '../../support/passkeys.ts'
import { assertBody, assertSignedIn, assertStatus } from '../../support/responses.ts'
import {
  type AuthenticatorTraits,
  SoftwareAuthenticator,
  type Tampering,
} from '../../support/software-authenticator.ts'

const newPassword = 'a first sentence to sign in'

interface Confirmed {
  send(ada: Owner, proof: object): Promise<ApiResponse>
  done: number
}

/** The calls; two of them twice, with bodies that mean something else. */
const calls: Record<string, Confirmed> = {
  'changing the address': {
    send: (ada, proof) => ada.post('/settings/Email', { email: `new-${ada.email}`, ...proof }),
    done: 202,
  },
  'changing it to another address': {
    send: (ada, proof) => ada.post('/settings/Email', { email: `other-${ada.email}`, ...proof }),
    done: 202,
  },
  'adding a passkey': {
    send: (ada, proof) => ada.post('/settings/Passkeys', proof),
    done: 200,
  },
  'setting a password': {
    send: (ada, proof) => ada.put('/settings/Password', { newPassword, ...proof }),
    done: 200,
  },
  'setting another password': {
    send: (ada, proof) =>
      ada.put('/settings/Password', { newPassword: 'the sentence of a thief', ...proof }),
    done: 200,
  },
  'confirming the session': {
    send: (ada, proof) => ada.post('/auth/Reauthenticate', proof),
    done: 200,
  },
  'deleting the account': {
    send: (ada, proof) => ada.delete('/settings/Account', { body: proof }),
    done: 204,
  },
}

const names = Object.keys(calls)

onEachDatabase((latchkey) => {
  async function adaWithoutPassword(kind: AuthenticatorTraits = {}) {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada, kind)
    await removePassword(latchkey, ada)
    ada.storeTokens(await signInWithPasskey(latchkey, passkey))
    return { ada, passkey }
  }

  /** Starts a call. @returns its options */
  async function start(name: string, ada: Owner) {
    const response = assertStatus(await send(name, ada, {}), 202)
    assert.equal(response.body.status, 'assertionRequired', name)
    return response.body.options
  }

  function send(name: string, ada: Owner, proof: object): Promise<ApiResponse> {
    const call = calls[name]
    assert.ok(call)
    return call.send(ada, proof)
  }

  /** Makes the call, confirmed by the passkey. */
  async function confirm(name: string, ada: Owner, passkey: SoftwareAuthenticator) {
    const assertion = passkey.get(await start(name, ada))
    return assertStatus(await send(name, ada, { assertion }), calls[name]?.done ?? 0)
  }

  test('an account without a password changes its address, adds a passkey, sets a password, confirms its session and is deleted', async () => {
    const { ada, passkey } = await adaWithoutPassword()
    const email = `new-${ada.email}`
    assertBody(await confirm('changing the address', ada, passkey), 202, { status: 'codeSent' })
    const code = await latchkey.codeSentTo(email)
    assertBody(await ada.post('/settings/Email', { email, code }), 200, { email })

    const { options } = (await confirm('adding a passkey', ada, passkey)).body
    const second = new SoftwareAuthenticator(latchkey.origin)
    const added = await ada.post('/settings/Passkeys/Verify', { response: second.create(options) })
    assertStatus(added, 201)
    assertSignedIn(await signInWithPasskey(latchkey, second))

    const { sid, auth_time } = decodeToken(ada.accessToken).claims
    travel(60_000)
    ada.storeTokens(await confirm('confirming the session', ada, passkey))
    const renewed = decodeToken(ada.accessToken).claims
    assert.equal(renewed.sid, sid)
    assert.ok(renewed.auth_time >= auth_time + 60)
    assert.deepEqual(renewed.amr, ['hwk', 'user', 'mfa'])

    await confirm('setting a password', ada, passkey)
    assertSignedIn(await latchkey.post('/auth/SignIn', { email, password: newPassword }))
    assertBody(await ada.get('/settings'), 200, { hasPassword: true })

    const { ada: bob, passkey: bobs } = await adaWithoutPassword()
    await confirm('deleting the account', bob, bobs)
    assertStatus(await signInWithPasskey(latchkey, bobs), 401)
  })

  test('an account without a password turns MFA on by a passkey first, so that its owner still signs in', async () => {
    const { ada, passkey } = await adaWithoutPassword()
    await ada.enrollAuthenticator()
    const byApp = { mfaMethod: 'authenticator', code: await ada.codeFor('authenticator') }
    const others = [
      byApp,
      { mfaMethod: 'sms', phoneNumber: ada.phoneNumber },
      { mfaMethod: 'email' },
    ]
    for (const request of others) {
      const refused = await ada.post('/settings/MfaSignIn', request)
      assertBody(refused, 409, { code: 'method_not_set_up' })
    }
    assert.deepEqual(await latchkey.inbox(ada.phoneNumber), [])

    ada.passkey = passkey
    await ada.turnOn('passkey')
    await ada.turnOn('authenticator', { setDefault: false })
    assertSignedIn(await signInWithPasskey(latchkey, passkey))
  })

  test('an assertion confirms the call that it was signed for, and no other', async () => {
    const { ada, passkey } = await adaWithoutPassword()
    const before = await lastingStateOf(ada)
    for (const from of names) {
      for (const to of names.filter((name) => name !== from)) {
        const assertion = passkey.get(await start(from, ada))
        const refused = await send(to, ada, { assertion })
        assertBody(refused, 401, { code: 'invalid_passkey' })
      }
    }
    assert.deepEqual(await lastingStateOf(ada), before)
    assert.deepEqual(await latchkey.inbox(`new-${ada.email}`), [])
  })

  test('an assertion works once, even if it is sent many times at once', async () => {
    for (const name of names) {
      // Without a signature counter, which would refuse a repetition, too.
      const { ada, passkey } = await adaWithoutPassword({ hasCounter: false })
      const assertion = passkey.get(await start(name, ada))
      const responses = await Promise.all(
        Array.from({ length: 5 }, () => send(name, ada, { assertion })),
      )
      const accepted = responses.filter(({ status }) => status === calls[name]?.done)
      assert.equal(accepted.length, 1, name)
      const again = await send(name, ada, { assertion })
      assert.notEqual(again.status, calls[name]?.done, name)
    }
  })

  test('an assertion is refused in another session, after five minutes and once the account has changed', async () => {
    const { ada, passkey } = await adaWithoutPassword()
    const other = await openSecondSessionByPasskey(ada, passkey)
    // Signed after the event, so that the signature counter is not what refuses it.
    const late: Record<string, (sign: () => object) => Promise<ApiResponse>> = {
      'in another session': (sign) => send('adding a passkey', other, { assertion: sign() }),
      'after the account has changed': async (sign) => {
        await addPasskeyByPasskey(ada, passkey)
        return send('adding a passkey', ada, { assertion: sign() })
      },
      'after five minutes': (sign) => {
        travel(301_000)
        return send('adding a passkey', ada, { assertion: sign() })
      },
    }
    for (const [when, submit] of Object.entries(late)) {
      const options = await start('adding a passkey', ada)
      const refused = await submit(() => passkey.get(options))
      assert.equal(`${refused.status} ${refused.body.code}`, '401 invalid_passkey', when)
    }
  })

  test('of ten concurrent first passwords, each with an assertion of its own, one is set', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { ada, passkey } = await adaWithoutPassword({ hasCounter: false })
      const assertions: object[] = []
      for (let count = 0; count < 10; count += 1) {
        assertions.push(passkey.get(await start('setting a password', ada)))
      }
      const responses = await Promise.all(
        assertions.map((assertion) => send('setting a password', ada, { assertion })),
      )
      assert.equal(responses.filter(({ status }) => status === 200).length, 1)
    }
  })

  test('an assertion without user verification, by another key or of another account confirms nothing', async () => {
    const { ada, passkey } = await adaWithoutPassword()
    const { passkey: bobs } = await adaWithoutPassword()
    const before = await lastingStateOf(ada)
    const tamperings: Tampering[] = [
      { userVerified: false },
      { unregisteredKey: true },
      { origin: 'https://elsewhere.example' },
      { challenge: Buffer.from('another challenge').toString('base64url') },
    ]
    for (const name of names) {
      for (const tampering of tamperings) {
        const assertion = passkey.get(await start(name, ada), tampering)
        assertBody(await send(name, ada, { assertion }), 401, { code: 'invalid_passkey' })
      }
      const assertion = bobs.get(await start(name, ada))
      assertBody(await send(name, ada, { assertion }), 401, { code: 'invalid_passkey' })
    }
    assert.deepEqual(await lastingStateOf(ada), before)
    const { activity } = (await ada.get('/settings/Activity?limit=100')).body
    const failures = activity.filter(({ type }: { type: string }) => type === 'signin.failed')
    assert.equal(failures.length, names.length * (tamperings.length + 1))
    assert.deepEqual(failures[0].detail, { step: 'passkey' })
  })

  test('a passkey whose signature counter goes back confirms nothing, and its owner is notified', async () => {
    const { ada, passkey } = await adaWithoutPassword()
    const copied = passkey.get(await start('adding a passkey', ada), { counter: 1 })
    const refused = await send('adding a passkey', ada, { assertion: copied })
    assertBody(refused, 401, { code: 'invalid_passkey' })
    const [message] = await latchkey.inbox(ada.email)
    assert.match(message?.subject ?? '', /passkey/i)
  })

  test('while MFA is on, a pending passkey confirms nothing', async () => {
    const ada = await latchkey.owner()
    const pending = await addPasskey(latchkey, ada)
    await ada.turnOn('authenticator')
    const givePasswordBack = await removePassword(latchkey, ada)
    assertBody(await send('adding a passkey', ada, {}), 409, { code: 'method_not_set_up' })
    assertBody(await ada.get('/settings/MfaSignIn'), 200, { pendingMethods: ['passkey'] })

    await givePasswordBack()
    await addPasskey(latchkey, ada)
    await removePassword(latchkey, ada)
    for (const name of names) {
      const assertion = pending.get(await start(name, ada))
      assertBody(await send(name, ada, { assertion }), 401, { code: 'invalid_passkey' })
    }
  })

  test('cancelled calls leave the newest ten challenges of a session open, and all of others', async () => {
    const { ada, passkey } = await adaWithoutPassword()
    const oldest = await start('adding a passkey', ada)
    const { ada: bob } = await adaWithoutPassword()
    for (let count = 0; count < 10; count += 1) await start('deleting the account', bob)
    for (let count = 0; count < 9; count += 1) await start('deleting the account', ada)
    const first = passkey.get(oldest)
    assertStatus(await send('adding a passkey', ada, { assertion: first }), 200)
    const forgotten = await start('adding a passkey', ada)
    for (let count = 0; count < 10; count += 1) await start('deleting the account', ada)
    const late = await send('adding a passkey', ada, { assertion: passkey.get(forgotten) })
    assertBody(late, 401, { code: 'invalid_passkey' })
  })

  async function openSecondSessionByPasskey(ada: Owner, passkey: SoftwareAuthenticator) {
    const other = await latchkey.owner()
    other.storeTokens(await signInWithPasskey(latchkey, passkey))
    assert.equal((await other.get('/settings')).body.email, ada.email)
    return other
  }

  async function addPasskeyByPasskey(ada: Owner, passkey: SoftwareAuthenticator): Promise<void> {
    const { options } = (await confirm('adding a passkey', ada, passkey)).body
    const response = new SoftwareAuthenticator(latchkey.origin).create(options)
    assertStatus(await ada.post('/settings/Passkeys/Verify', { response }), 201)
  }

  /** The rows that decide how the account signs in, without marks of use and the log of failures. */
  async function lastingStateOf(ada: Owner) {
    const { account, passkeys, sessions, messages } = await accountStateOf(latchkey, ada)
    return { account, sessions, messages, passkeys: passkeys.map(({ id }) => id) }
  }
})
