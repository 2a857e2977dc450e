import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../../support/latchkey.ts'
import type { Owner } from '../../support/owner.ts'
import { addPasskey, passkeyRowsOf, signInWithPasskey } from '../../support/passkeys.ts'
import { SoftwareAuthenticator, type Tampering } from '../../support/software-authenticator.ts'
import { findFreePort } from '../../support/tcp.ts'

type Registration = ReturnType<SoftwareAuthenticator['create']>

const zeros = Buffer.alloc(32).toString('base64url')

onEachDatabase((latchkey) => {
  const verify = (ada: Owner, response: unknown, name?: unknown): Promise<ApiResponse> =>
    ada.post('/settings/Passkeys/Verify', { ...(name !== undefined && { name }), response })

  /** Requests options and creates a credential with them. */
  async function createCredential(ada: Owner, wrong: Tampering = {}): Promise<Registration> {
    const { options } = (await ada.startPasskeyRegistration()).body
    return new SoftwareAuthenticator(latchkey.origin).create(options, wrong)
  }

  const tamperings: [string, (origin: string) => Tampering][] = [
    ['from another origin', () => ({ origin: 'https://example.com' })],
    ['from our host at another port', () => ({ origin: 'http://localhost:1' })],
    ['for another challenge', () => ({ challenge: zeros })],
    ['for an empty challenge', () => ({ challenge: '' })],
    ['for a challenge with NUL in it', () => ({ challenge: 'a\0b' })],
    ['for a challenge with a lone surrogate', () => ({ challenge: '\ud800' })],
    ['made to sign in', () => ({ type: 'webauthn.get' })],
    ['for another RP ID', () => ({ rpId: 'example.com' })],
    ['from a frame in another page', () => ({ crossOrigin: true })],
    ['without user presence', () => ({ userPresent: false })],
  ]

  test('a registration that does not match its request is rejected', async () => {
    const ada = await latchkey.owner()
    for (const [what, wrong] of tamperings) {
      const answer = await verify(ada, await createCredential(ada, wrong(latchkey.origin)))
      assert.equal(answer.status, 401, what)
      assert.equal(answer.body.code, 'invalid_passkey', what)
    }
    assert.deepEqual(await passkeyRowsOf(latchkey, ada), [])
  })

  test('a registration with differing ids or another encoding is rejected', async () => {
    const ada = await latchkey.owner()
    const changes: [string, (response: Registration) => unknown][] = [
      ['another id', (one) => ({ ...one, id: zeros })],
      ['another rawId', (one) => ({ ...one, rawId: zeros })],
      ['both another', (one) => ({ ...one, id: zeros, rawId: zeros })],
      ['a padded id', (one) => ({ ...one, id: `${one.id}=`, rawId: `${one.id}=` })],
      ...(['clientDataJSON', 'attestationObject'] as const).flatMap((name) =>
        ['=', '!', '\n'].map((tail): [string, (response: Registration) => unknown] => [
          `${name} with a tail`,
          (one) => ({ ...one, response: { ...one.response, [name]: one.response[name] + tail } }),
        ]),
      ),
    ]
    for (const [what, change] of changes) {
      const answer = await verify(ada, change(await createCredential(ada)))
      assert.equal(answer.status, 401, what)
      assert.equal(answer.body.code, 'invalid_passkey', what)
    }
    assert.deepEqual(await passkeyRowsOf(latchkey, ada), [])
  })

  // Abuse case (Passkeys): An attestation’s certificates made the server fetch a URL.
  test('an attestation statement is neither verified nor fetched from', async (t) => {
    let fetches = 0
    const elsewhere = createServer((_request, response) => {
      fetches += 1
      response.end()
    })
    const port = await findFreePort()
    await new Promise<void>((resolve) => elsewhere.listen(port, '127.0.0.1', resolve))
    t.after(() => elsewhere.close())
    const url = Buffer.from(`http://127.0.0.1:${port}/crl`)
    const x5c = cbor(4, 1, cbor(2, url.length, url))
    const statement = Buffer.concat([Buffer.from([0xa1]), cbor(3, 3, Buffer.from('x5c')), x5c])

    const ada = await latchkey.owner()
    const formats = ['packed', 'fido-u2f', 'tpm', 'apple', 'android-key', 'android-safetynet', 'x']
    for (const format of formats) {
      const response = await createCredential(ada)
      const attested = withAttestation(response, format, statement)
      assert.equal((await verify(ada, attested)).status, 201, format)
    }
    assert.equal((await passkeyRowsOf(latchkey, ada)).length, formats.length)
    assert.equal(fetches, 0)
  })

  // Abuse case (Passkeys): Registering another person’s passkey took it over.
  test('a passkey can be registered only once, by any account', async () => {
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
    const passkey = await addPasskey(latchkey, ada)
    const registerAgain = async (owner: Owner) => {
      const { options } = (await owner.startPasskeyRegistration()).body
      const { userHandle } = passkey
      const response = passkey.create(options)
      passkey.userHandle = userHandle
      return verify(owner, response)
    }
    for (const owner of [ada, bob]) {
      const answer = await registerAgain(owner)
      assert.equal(answer.status, 409)
      assert.equal(answer.body.code, 'passkey_known')
    }
    assert.equal((await signInWithPasskey(latchkey, passkey)).status, 200)
    assert.deepEqual((await bob.get('/settings/Passkeys')).body.passkeys, [])

    // An undo may restore a removed passkey, so nobody can register it meanwhile.
    assert.equal((await ada.delete(`/settings/Passkeys/${passkey.id}`)).status, 200)
    assert.equal((await registerAgain(bob)).body.code, 'passkey_known')
    assert.equal((await registerAgain(ada)).body.code, 'passkey_known')
    assert.equal((await signInWithPasskey(latchkey, passkey)).status, 401)
  })

  test('an account has at most twenty passkeys, also with concurrent registrations', async () => {
    const ada = await latchkey.owner()
    for (let i = 0; i < 18; i += 1) await addPasskey(latchkey, ada)
    // Adding a passkey voids the registrations started before it.
    const nineteenth = await createCredential(ada)
    const [row] = await passkeyRowsOf(latchkey, ada)
    assert.equal((await verify(ada, nineteenth)).status, 201)
    const registrations = [await createCredential(ada), await createCredential(ada)]
    const answers = await Promise.all(registrations.map((one) => verify(ada, one)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 401])

    const full = await ada.startPasskeyRegistration()
    assert.equal(full.status, 409)
    assert.equal(full.body.code, 'too_many_passkeys')
    assert.equal((await passkeyRowsOf(latchkey, ada)).length, 20)
    assert.equal((await ada.delete(`/settings/Passkeys/${row.id}`)).status, 200)
    await addPasskey(latchkey, ada)
  })

  test('a registration is valid once, and for five minutes', async () => {
    const ada = await latchkey.owner()
    const response = await createCredential(ada)
    assert.equal((await verify(ada, response)).status, 201)
    assert.equal((await verify(ada, response)).body.code, 'invalid_passkey')
    const registration = await createCredential(ada)
    const wrong = { ...registration, id: zeros, rawId: zeros }
    assert.equal((await verify(ada, wrong)).body.code, 'invalid_passkey')
    assert.equal((await verify(ada, registration)).body.code, 'invalid_passkey')

    const lateRegistration = await createCredential(ada)
    travel(5 * 60_000 + 1)
    assert.equal((await verify(ada, lateRegistration)).body.code, 'invalid_passkey')
    assert.equal((await passkeyRowsOf(latchkey, ada)).length, 1)
  })

  test('twenty concurrent uses of one registration add one passkey', async () => {
    const ada = await latchkey.owner()
    const response = await createCredential(ada)
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(ada, response)))
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [201, ...Array(19).fill(401)])
    assert.equal((await passkeyRowsOf(latchkey, ada)).length, 1)
  })

  // Abuse case (Passkeys): A forged authenticator response crashed the server.
  test('a malformed attestation is rejected, however deep its nesting and long its stated lengths', async () => {
    const ada = await latchkey.owner()
    const garbage: [string, Buffer][] = [
      ['arrays in arrays', Buffer.alloc(8900, 0x81)],
      ['maps in maps', Buffer.alloc(8900, 0xa1)],
      ['tags on tags', Buffer.alloc(8900, 0xc1)],
      ['endless arrays', Buffer.alloc(8900, 0x9f)],
      ['an array of 4 billion', Buffer.from([0x9a, 0xff, 0xff, 0xff, 0xff])],
      ['an array longer than its data', Buffer.from([0x9b, ...Array(8).fill(0xff)])],
      [
        'a byte string longer than its data',
        Buffer.from([0x5b, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      ],
      ['invalid UTF-8', Buffer.from([0x63, 0xff, 0xfe, 0xfd])],
      ['null', Buffer.from([0xf6])],
      ['no authData', Buffer.from([0xa0])],
      [
        'authData of nothing',
        Buffer.concat([Buffer.from([0xa1]), cbor(3, 8, Buffer.from('authData')), cbor(2, 0)]),
      ],
      [
        'authData that is a number',
        Buffer.concat([Buffer.from([0xa1]), cbor(3, 8, Buffer.from('authData')), Buffer.from([7])]),
      ],
      ['zeros', Buffer.alloc(8900)],
    ]
    for (const [what, bytes] of garbage) {
      const one = await createCredential(ada)
      const attestationObject = bytes.toString('base64url')
      const answer = await verify(ada, { ...one, response: { ...one.response, attestationObject } })
      assert.equal(answer.status, 401, what)
      assert.equal(answer.body.code, 'invalid_passkey', what)
    }
    assert.equal((await verify(ada, await createCredential(ada))).status, 201)
  })

  test('a truncated or altered attestation causes no server error', async () => {
    const ada = await latchkey.owner()
    const whole = Buffer.from((await createCredential(ada)).response.attestationObject, 'base64url')
    for (let at = 0; at < whole.length; at += 4) {
      const one = await createCredential(ada)
      const bytes = Buffer.from(one.response.attestationObject, 'base64url')
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at)
      for (const changed of [bytes.subarray(0, at), bytes]) {
        const attestationObject = changed.toString('base64url')
        const response = { ...one.response, attestationObject }
        const { status } = await verify(ada, { ...one, response })
        // Key, counter and model are not attested, so changing them makes another passkey.
        assert.ok(status < 500, `byte ${at}: ${status}`)
      }
      for (const { id } of (await ada.get('/settings/Passkeys')).body.passkeys) {
        await ada.delete(`/settings/Passkeys/${id}`)
      }
    }
  })
})

function withAttestation(one: Registration, format: string, statement: Buffer): Registration {
  const authData = authDataOf(one)
  const attestationObject = Buffer.concat([
    Buffer.from([0xa3]),
    cbor(3, 3, Buffer.from('fmt')),
    cbor(3, format.length, Buffer.from(format)),
    cbor(3, 7, Buffer.from('attStmt')),
    statement,
    cbor(3, 8, Buffer.from('authData')),
    cbor(2, authData.length, authData),
  ]).toString('base64url')
  return { ...one, response: { ...one.response, attestationObject } }
}

/** Reads authData, the last entry of an attestation of the software authenticator. */
function authDataOf({ response }: Registration): Buffer {
  const all = Buffer.from(response.attestationObject, 'base64url')
  const at = all.indexOf('authData') + 'authData'.length
  return all.subarray(at + (all.readUInt8(at) === 0x58 ? 2 : 3))
}

/** A CBOR head (RFC 8949 §3) and its content. */
function cbor(major: number, length: number, content: Buffer = Buffer.alloc(0)): Buffer {
  const head = length < 24 ? [(major << 5) | length] : [(major << 5) | 24, length]
  return Buffer.concat([Buffer.from(head), content])
}
