import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../../support/latchkey.ts'
import { countLiveSessions } from '../../support/mfa.ts'
import type { Owner } from '../../support/owner.ts'
import {
  addPasskey,
  type Passkey,
  type PasskeySignInOptions,
  passkeyRowsOf,
  requestMfaToken,
  signInWithPasskey,
  startPasskeySignIn,
  turnOnWithPasskey,
  verifyPasskeySignIn,
} from '../../support/passkeys.ts'
import type { SoftwareAuthenticator, Tampering } from '../../support/software-authenticator.ts'

type Assertion = ReturnType<SoftwareAuthenticator['get']>

const zeros = Buffer.alloc(32).toString('base64url')

/** The base64url fields of an assertion. */
const encoded = [
  'id',
  'rawId',
  'clientDataJSON',
  'authenticatorData',
  'signature',
  'userHandle',
] as const

onEachDatabase((latchkey) => {
  /** The uses of a passkey, besides registration and turning MFA on. */
  const uses: [string, (ada: Owner) => Promise<PasskeySignInOptions>][] = [
    ['alone', async () => ({})],
    ['as second factor', async (ada) => ({ mfaToken: await requestMfaToken(ada) })],
    ['to confirm a session', async (ada) => ({ call: { token: ada.accessToken } })],
  ]

  const tamperings: [string, (origin: string) => Tampering][] = [
    ['made for another origin', () => ({ origin: 'https://example.com' })],
    ['made for our origin with a path', (origin) => ({ origin: `${origin}/` })],
    ['made for our host at another port', () => ({ origin: 'http://localhost:1' })],
    [
      'made for our host by another scheme',
      (origin) => ({ origin: origin.replace('http', 'https') }),
    ],
    ['for another challenge', () => ({ challenge: zeros })],
    ['made to register', () => ({ type: 'webauthn.create' })],
    ['for another RP ID', () => ({ rpId: 'example.com' })],
    ['from a frame in another page', () => ({ crossOrigin: true })],
    ['without user presence', () => ({ userPresent: false })],
    ['signed by another key', () => ({ unregisteredKey: true })],
    ['with another user handle', () => ({ userHandle: zeros })],
    ['with an empty user handle', () => ({ userHandle: '' })],
  ]

  for (const [use, more] of uses) {
    // Abuse case (Passkeys): The service accepted an assertion from a look-alike page, or from a
    // frame in one.
    test(`an assertion that does not match its request is rejected: ${use}`, async () => {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, ada)
      await turnOnWithPasskey(ada, passkey)
      const before = [await passkeyRowsOf(latchkey, ada), await countLiveSessions(latchkey, ada)]

      for (const [name, wrong] of tamperings) {
        const options: PasskeySignInOptions = {
          ...(await more(ada)),
          tampering: wrong(latchkey.origin),
        }
        const answer = await signInWithPasskey(latchkey, passkey, options)
        assert.equal(answer.status, 401, name)
        assert.equal(answer.body.code, 'invalid_passkey', name)
      }
      const after = [await passkeyRowsOf(latchkey, ada), await countLiveSessions(latchkey, ada)]
      assert.deepEqual(after, before)
      assert.equal((await signInWithPasskey(latchkey, passkey, await more(ada))).status, 200)
    })
  }

  // Abuse case (Passkeys): A passkey without user verification signed in without a password, at the
  // assurance level of two factors.
  test('a passkey without user verification is only a second factor', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada, { verifiesUser: false })
    const call = { token: ada.accessToken }
    for (const more of [{}, { call }]) {
      const begun = await startPasskeySignIn(latchkey, more)
      assert.equal(begun.body.options.userVerification, 'required')
      const response = passkey.get(begun.body.options)
      const answer = await verifyPasskeySignIn(latchkey, begun, response, more)
      assert.equal(answer.body.code, 'invalid_passkey')
    }
    await turnOnWithPasskey(ada, passkey)
    for (const more of [{}, { call }]) {
      const answer = await signInWithPasskey(latchkey, passkey, more)
      assert.equal(answer.body.code, 'invalid_passkey')
    }
    const mfaToken = await requestMfaToken(ada)
    assert.equal((await signInWithPasskey(latchkey, passkey, { mfaToken })).status, 200)
  })

  test('an assertion needs a user handle where nothing else names the account', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const wrong = { userHandle: null }
    const alone = await signInWithPasskey(latchkey, passkey, { tampering: wrong })
    assert.equal(alone.body.code, 'invalid_passkey')
    const mfaToken = await requestMfaToken(ada)
    assert.equal(
      (await signInWithPasskey(latchkey, passkey, { mfaToken, tampering: wrong })).status,
      200,
    )
  })

  // Abuse case (Passkeys): The verification result was ignored if `id` and `rawId` differed.
  test('an assertion with any one byte changed is rejected', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada, { algorithm: 'Ed25519' })
    const other = await addPasskey(latchkey, ada)
    const before = [await passkeyRowsOf(latchkey, ada), await countLiveSessions(latchkey, ada)]

    for (const name of encoded) {
      // Every byte of the signed data and the signature, and every fifth of the rest.
      const every = name === 'authenticatorData' || name === 'signature' ? 1 : 5
      const { length } = bytesOf(passkey.get({ challenge: zeros }), name)
      for (let at = 0; at < length; at += every) {
        const change = flipBit(name, at)
        await assertRejected(passkey, `byte ${at} of ${name}`, change)
      }
    }
    for (const name of ['id', 'rawId'] as const) {
      await assertRejected(passkey, `another’s ${name}`, (assertion) =>
        withText(assertion, name, other.credentialId),
      )
    }
    // The first two bytes are the DER header around `r` and `s`.
    for (let at = 2; at < 64; at += 3) {
      await assertRejected(other, `byte ${at} of a signature by ES256`, flipBit('signature', at))
    }
    const after = [await passkeyRowsOf(latchkey, ada), await countLiveSessions(latchkey, ada)]
    assert.deepEqual(after, before)
    assert.equal((await signInWithPasskey(latchkey, passkey)).status, 200)
    assert.equal((await signInWithPasskey(latchkey, other)).status, 200)
  })

  test('an assertion with another encoding of its bytes is rejected', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada, { algorithm: 'Ed25519' })
    const spellings: [string, (text: string) => string][] = [
      ['padded', (text) => `${text}=`],
      ['with a line break', (text) => `${text}\n`],
      ['with a space before it', (text) => ` ${text}`],
      ['with a tail that is ignored', (text) => `${text}!`],
      ['cut', (text) => text.slice(0, -2)],
      [
        'with a byte more',
        (text) =>
          Buffer.concat([Buffer.from(text, 'base64url'), Buffer.alloc(1)]).toString('base64url'),
      ],
    ]
    for (const name of encoded) {
      for (const [how, spell] of spellings) {
        await assertRejected(passkey, `${name} ${how}`, (assertion) =>
          withText(assertion, name, spell(textOf(assertion, name))),
        )
      }
    }
    assert.equal((await signInWithPasskey(latchkey, passkey)).status, 200)
  })

  // Abuse case (Passkeys): A captured assertion signed in again.
  test('an assertion signs in once, and a rejected one of an account cannot be retried', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada, { hasCounter: false })
    await turnOnWithPasskey(ada, passkey)
    const first = await startPasskeySignIn(latchkey)
    const response = passkey.get(first.body.options)
    assert.equal((await verifyPasskeySignIn(latchkey, first, response)).status, 200)
    const again = await verifyPasskeySignIn(latchkey, first, response)
    assert.equal(again.status, 401)
    assert.equal(again.body.code, 'passkey_token_expired')
    const elsewhere = await verifyPasskeySignIn(
      latchkey,
      await startPasskeySignIn(latchkey),
      response,
    )
    assert.equal(elsewhere.body.code, 'invalid_passkey')

    const second = await startPasskeySignIn(latchkey, { mfaToken: await requestMfaToken(ada) })
    const forged = passkey.get(second.body.options, { unregisteredKey: true })
    assert.equal((await verifyPasskeySignIn(latchkey, second, forged)).body.code, 'invalid_passkey')
    const right = await verifyPasskeySignIn(latchkey, second, passkey.get(second.body.options))
    assert.equal(right.body.code, 'passkey_token_expired')
  })

  // Abuse case (Passkeys): Concurrent submissions of one assertion created several sessions.
  test('forty concurrent uses of one assertion create one session', async () => {
    const ada = await latchkey.owner()
    for (const counts of [true, false]) {
      const passkey = await addPasskey(latchkey, ada, { hasCounter: counts })
      const before = await countLiveSessions(latchkey, ada)
      const begun = await startPasskeySignIn(latchkey)
      const response = passkey.get(begun.body.options)
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => verifyPasskeySignIn(latchkey, begun, response)),
      )
      const statuses = answers.map(({ status }) => status).sort()
      assert.deepEqual(statuses, [200, ...Array(39).fill(401)])
      assert.equal(await countLiveSessions(latchkey, ada), before + 1)
    }
  })

  test('where the passkey is the only factor, a rejected response uses nothing up', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const begun = await startPasskeySignIn(latchkey)
    for (const tampering of [{ unregisteredKey: true }, { userVerified: false }]) {
      const wrong = passkey.get(begun.body.options, tampering)
      const answer = await verifyPasskeySignIn(latchkey, begun, wrong)
      assert.equal(answer.body.code, 'invalid_passkey')
    }
    const right = passkey.get(begun.body.options)
    assert.equal((await verifyPasskeySignIn(latchkey, begun, right)).status, 200)
  })

  /** Checks that a changed assertion does not sign in. */
  async function assertRejected(
    passkey: Passkey,
    what: string,
    change: (assertion: Assertion) => unknown,
  ): Promise<void> {
    const begun = await startPasskeySignIn(latchkey)
    const assertion = change(passkey.get(begun.body.options))
    const answer = await verifyPasskeySignIn(latchkey, begun, assertion)
    assert.ok([400, 401].includes(answer.status), `${what}: ${answer.status}`)
    if (answer.status === 401) assert.equal(answer.body.code, 'invalid_passkey', what)
  }
})

type Encoded = (typeof encoded)[number]

/** Changes one bit of one byte. */
function flipBit(name: Encoded, at: number): (assertion: Assertion) => unknown {
  return (assertion) => {
    const bytes = bytesOf(assertion, name)
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at)
    return withText(assertion, name, bytes.toString('base64url'))
  }
}

function textOf(assertion: Assertion, name: Encoded): string {
  return name === 'id' || name === 'rawId' ? assertion[name] : (assertion.response[name] ?? '')
}

function bytesOf(assertion: Assertion, name: Encoded): Buffer {
  return Buffer.from(textOf(assertion, name), 'base64url')
}

function withText(assertion: Assertion, name: Encoded, text: string): unknown {
  if (name === 'id' || name === 'rawId') return { ...assertion, [name]: text }
  return { ...assertion, response: { ...assertion.response, [name]: text } }
}
