/** A software authenticator (WebAuthn Level 3, §6) that signs whatever a test gives it. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** The options of a browser’s call that an authenticator needs. */
interface CredentialOptions {
  challenge: string
  rpId?: string
  rp?: { id: string }
  user?: { id: string }
  allowCredentials?: { id: string }[]
}

/** Deviations from a correct response. */
export interface Tampering {
  challenge?: string
  origin?: string
  type?: string
  crossOrigin?: boolean
  rpId?: string
  userPresent?: boolean
  userVerified?: boolean
  /** The signature counter, instead of the next value. */
  counter?: number
  userHandle?: string | null
  /** Signs with an unregistered key. */
  unregisteredKey?: boolean
}

export interface AuthenticatorTraits {
  algorithm?: 'ES256' | 'Ed25519' | 'RS256'
  /** Backup-eligible and backed up. */
  synced?: boolean
  /** Verifies the user by fingerprint or PIN. */
  verifiesUser?: boolean
  /** Keeps a signature counter, as synced passkeys do not. */
  hasCounter?: boolean
  /** Stores the credential with its user handle. */
  discoverable?: boolean
}

export class SoftwareAuthenticator {
  readonly origin: string
  readonly traits: Required<AuthenticatorTraits>
  credentialId = randomBytes(32).toString('base64url')
  userHandle = ''
  counter = 0
  #keys: { privateKey: KeyObject; publicKey: KeyObject }

  constructor(origin: string, traits: AuthenticatorTraits = {}) {
    this.origin = origin
    this.traits = {
      algorithm: 'ES256',
      synced: false,
      verifiesUser: true,
      hasCounter: true,
      discoverable: true,
      ...traits,
    }
    this.#keys = generateKeys(this.traits.algorithm)
  }

  /** The JSON of the credential that `navigator.credentials.create()` returns. */
  create(options: CredentialOptions, tampering: Tampering = {}) {
    this.userHandle = options.user?.id ?? ''
    if (this.traits.hasCounter) this.counter += 1
    const id = Buffer.from(this.credentialId, 'base64url')
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const attested = Buffer.concat([
      Buffer.alloc(16),
      length,
      id,
      coseKey(this.traits.algorithm, this.#keys.publicKey),
    ])
    const authData = Buffer.concat([
      this.#authenticatorData(options.rp?.id ?? '', tampering, true),
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
      clientExtensionResults: { credProps: { rk: this.traits.discoverable } },
      response: {
        clientDataJSON: this.#clientData('webauthn.create', options, tampering),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal'],
      },
    }
  }

  /** The JSON of the credential that `navigator.credentials.get()` returns. */
  get(options: CredentialOptions, tampering: Tampering = {}) {
    if (this.traits.hasCounter) this.counter += 1
    const authenticatorData = this.#authenticatorData(options.rpId ?? '', tampering, false)
    const clientDataJSON = this.#clientData('webauthn.get', options, tampering)
    const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest()
    const { privateKey } = tampering.unregisteredKey
      ? generateKeys(this.traits.algorithm)
      : this.#keys
    const digest = this.traits.algorithm === 'Ed25519' ? null : 'sha256'
    const signature = sign(digest, Buffer.concat([authenticatorData, hash]), privateKey)
    const { userHandle = this.traits.discoverable ? this.userHandle : null } = tampering
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

  #clientData(type: string, { challenge }: CredentialOptions, tampering: Tampering): string {
    const data = {
      type: tampering.type ?? type,
      challenge: tampering.challenge ?? challenge,
      origin: tampering.origin ?? this.origin,
      crossOrigin: tampering.crossOrigin ?? false,
    }
    return Buffer.from(JSON.stringify(data)).toString('base64url')
  }

  /** The hash of the RP ID, flags and the counter (§6.1). */
  #authenticatorData(rpId: string, tampering: Tampering, attested: boolean): Buffer {
    const { userPresent = true, userVerified = this.traits.verifiesUser } = tampering
    const flags =
      (userPresent ? 0x01 : 0) |
      (userVerified ? 0x04 : 0) |
      (this.traits.synced ? 0x18 : 0) |
      (attested ? 0x40 : 0)
    const rest = Buffer.alloc(5)
    rest.writeUInt8(flags)
    rest.writeUInt32BE(tampering.counter ?? this.counter, 1)
    return Buffer.concat([
      createHash('sha256')
        .update(tampering.rpId ?? rpId)
        .digest(),
      rest,
    ])
  }
}

function generateKeys(algorithm: string) {
  if (algorithm === 'Ed25519') return generateKeyPairSync('ed25519')
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** Encodes a public key as a COSE key (RFC 9053). */
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

/** Encodes the head of a CBOR item (RFC 8949) below 2^16. */
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
