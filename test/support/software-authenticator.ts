/** An authenticator in software (WebAuthn Level 3, §6): it signs whatever a test has it sign. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What a browser would have been given, as far as an authenticator needs it. */
interface Options {
  challenge: string
  rpId?: string
  rp?: { id: string }
  user?: { id: string }
  allowCredentials?: { id: string }[]
}

/** What a test may have different from how it should be. */
export interface Wrong {
  challenge?: string
  origin?: string
  type?: string
  crossOrigin?: boolean
  rpId?: string
  userPresent?: boolean
  userVerified?: boolean
  /** The count that it tells, if not the next. */
  counter?: number
  userHandle?: string | null
  /** Signs with a key that is not registered. */
  otherKey?: boolean
}

export interface AuthenticatorKind {
  algorithm?: 'ES256' | 'Ed25519' | 'RS256'
  /** May be copied to other devices, and is. */
  synced?: boolean
  /** Has a finger or a PIN to ask for. */
  verifiesUser?: boolean
  /** Counts its uses; synced ones can't. */
  counts?: boolean
  /** Keeps the key itself, and so knows whose it is. */
  discoverable?: boolean
}

export class SoftwareAuthenticator {
  readonly origin: string
  readonly kind: Required<AuthenticatorKind>
  credentialId = randomBytes(32).toString('base64url')
  userHandle = ''
  counter = 0
  #keys: { privateKey: KeyObject; publicKey: KeyObject }

  constructor(origin: string, kind: AuthenticatorKind = {}) {
    this.origin = origin
    this.kind = {
      algorithm: 'ES256',
      synced: false,
      verifiesUser: true,
      counts: true,
      discoverable: true,
      ...kind,
    }
    this.#keys = newKeys(this.kind.algorithm)
  }

  /** What `navigator.credentials.create()` would give, by its `toJSON()`. */
  create(options: Options, wrong: Wrong = {}) {
    this.userHandle = options.user?.id ?? ''
    if (this.kind.counts) this.counter += 1
    const id = Buffer.from(this.credentialId, 'base64url')
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const attested = Buffer.concat([
      Buffer.alloc(16),
      length,
      id,
      coseKey(this.kind.algorithm, this.#keys.publicKey),
    ])
    const authData = Buffer.concat([
      this.#authenticatorData(options.rp?.id ?? '', wrong, true),
      attested,
    ])
    const attestationObject = Buffer.concat([
      Buffer.from([0xa3]),
      cborText('fmt'),
      cborText('none'),
      cborText('attStmt'),
      Buffer.from([0xa0]),
      cborText('authData'),
      cborBytes(authData),
    ])
    return {
      id: this.credentialId,
      rawId: this.credentialId,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: this.kind.discoverable } },
      response: {
        clientDataJSON: this.#clientData('webauthn.create', options, wrong),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal'],
      },
    }
  }

  /** What `navigator.credentials.get()` would give, by its `toJSON()`. */
  get(options: Options, wrong: Wrong = {}) {
    if (this.kind.counts) this.counter += 1
    const authenticatorData = this.#authenticatorData(options.rpId ?? '', wrong, false)
    const clientDataJSON = this.#clientData('webauthn.get', options, wrong)
    const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest()
    const { privateKey } = wrong.otherKey ? newKeys(this.kind.algorithm) : this.#keys
    const digest = this.kind.algorithm === 'Ed25519' ? null : 'sha256'
    const signature = sign(digest, Buffer.concat([authenticatorData, hash]), privateKey)
    const { userHandle = this.kind.discoverable ? this.userHandle : null } = wrong
    return {
      id: this.credentialId,
      rawId: this.credentialId,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON,
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(userHandle !== null && { userHandle }),
      },
    }
  }

  #clientData(type: string, { challenge }: Options, wrong: Wrong): string {
    const data = {
      type: wrong.type ?? type,
      challenge: wrong.challenge ?? challenge,
      origin: wrong.origin ?? this.origin,
      crossOrigin: wrong.crossOrigin ?? false,
    }
    return Buffer.from(JSON.stringify(data)).toString('base64url')
  }

  /** §6.1: hash of the RP ID, flags, counter. */
  #authenticatorData(rpId: string, wrong: Wrong, attested: boolean): Buffer {
    const { userPresent = true, userVerified = this.kind.verifiesUser } = wrong
    const flags =
      (userPresent ? 0x01 : 0) |
      (userVerified ? 0x04 : 0) |
      (this.kind.synced ? 0x18 : 0) |
      (attested ? 0x40 : 0)
    const rest = Buffer.alloc(5)
    rest.writeUInt8(flags)
    rest.writeUInt32BE(wrong.counter ?? this.counter, 1)
    return Buffer.concat([
      createHash('sha256')
        .update(wrong.rpId ?? rpId)
        .digest(),
      rest,
    ])
  }
}

function newKeys(algorithm: string) {
  if (algorithm === 'Ed25519') return generateKeyPairSync('ed25519')
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** A public key as authenticators write it (RFC 9053). */
function coseKey(algorithm: string, key: KeyObject): Buffer {
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' })
  const bytes = (text: string) => cborBytes(Buffer.from(text, 'base64url'))
  const parts: [number, Buffer][] =
    algorithm === 'Ed25519'
      ? [
          [1, cborInt(1)],
          [3, cborInt(-8)],
          [-1, cborInt(6)],
          [-2, bytes(x)],
        ]
      : algorithm === 'RS256'
        ? [
            [1, cborInt(3)],
            [3, cborInt(-257)],
            [-1, bytes(n)],
            [-2, bytes(e)],
          ]
        : [
            [1, cborInt(2)],
            [3, cborInt(-7)],
            [-1, cborInt(1)],
            [-2, bytes(x)],
            [-3, bytes(y)],
          ]
  const head = Buffer.from([0xa0 + parts.length])
  return Buffer.concat([head, ...parts.flatMap(([name, value]) => [cborInt(name), value])])
}

/** CBOR (RFC 8949), as much of it as there is in here. */
function cborHead(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value])
  if (value < 256) return Buffer.from([(major << 5) | 24, value])
  return Buffer.from([(major << 5) | 25, value >> 8, value & 0xff])
}

function cborInt(value: number): Buffer {
  return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value)
}

function cborBytes(value: Buffer): Buffer {
  return Buffer.concat([cborHead(2, value.length), value])
}

function cborText(value: string): Buffer {
  return Buffer.concat([cborHead(3, value.length), Buffer.from(value)])
}
