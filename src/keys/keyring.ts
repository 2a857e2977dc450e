import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { keyPattern, validateEncryptionKeys } from '../config/encryption-key-list.ts'
import { Problem } from '../lib/problem.ts'

/**
 * Encryption keys, kept outside the database so that a stolen copy of it is of little use.
 *
 * Values that must be read again are sealed (AES-256-GCM). Values that are only compared are hashed
 * with a key (HMAC-SHA-256), so that not even a six-digit code can be found by brute force.
 */
export interface Keyring {
  /** The ids of all configured keys. The first one seals and hashes. */
  readonly configured: readonly [primary: string, ...others: string[]]
  /** Encrypts and authenticates `plain`. `open` needs the same `context`, which binds it to its row. */
  seal(plain: string, context: string): string
  /**
   * @throws MissingKeyError if the key that sealed the value is not configured
   * @throws Error if the value was altered or moved to another context
   */
  open(sealed: string, context: string): string
  /** The keyed hash to store. */
  hash(value: string, purpose: string): string
  /**
   * Hashes under every known key, to find values that were stored before a rotation.
   *
   * @throws MissingKeyError if another node hashes with an unknown key: a failed look-up would prove
   * nothing
   */
  hashWithAllKeys(value: string, purpose: string): string[]
  /** The hashing key derived from a configured key. Stored, it finds hashes after the key is removed. */
  hashingKey(id: string): string
  /** Adds the hashing key of a key that is not configured, so that its hashes are found. */
  addHashingKey(id: string, hashingKey: string): void
  /** Makes `hashWithAllKeys` throw until the hashing key of this id is added. */
  markMissing(id: string): void
  /** The ids marked missing and not added since. */
  readonly missing: ReadonlySet<string>
}

/** An encryption key is not configured on this node. Other nodes may have it. */
export class MissingKeyError extends Problem {
  readonly id: string

  constructor(id: string) {
    super('unavailable', 'This can’t be done right now. Please try again in a moment.', {
      retryAfter: 5,
    })
    this.id = id
  }
}

/** Whether `hash` is that of `value`, under any known key. Takes equal time wherever they differ. */
export function matchesHash(
  keyring: Pick<Keyring, 'hashWithAllKeys'>,
  hash: string,
  value: string,
  purpose: string,
): boolean {
  const expected = Buffer.from(hash)
  return keyring.hashWithAllKeys(value, purpose).some((candidate) => {
    const actual = Buffer.from(candidate)
    return actual.length === expected.length && timingSafeEqual(actual, expected)
  })
}

/** The id of the key that a value is sealed with. */
export function keyIdOf(sealed: string): string {
  return sealed.slice(0, Math.max(0, sealed.indexOf('.')))
}

interface Key {
  id: string
  sealingKey: Uint8Array
  hashingKey: Uint8Array
}

/** @param encryptionKeys `id:base64(32 bytes)`, comma-separated; the first seals and hashes, all open */
export function parseKeyring(encryptionKeys: string): Keyring {
  const problem = validateEncryptionKeys(encryptionKeys)
  if (problem !== undefined) throw new Error(problem)

  const keys = encryptionKeys.split(',').map(parseEntry)
  const [current] = keys as [Key]
  const hashingKeys = new Map(keys.map((key) => [key.id, key.hashingKey]))
  const missing = new Set<string>()

  return {
    configured: keys.map(({ id }) => id) as [string, ...string[]],
    missing,

    seal(plain, context) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', current.sealingKey, iv).setAAD(
        Buffer.from(context),
      )
      const sealed = Buffer.concat([
        cipher.update(plain, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ])
      return `${current.id}.${iv.toString('base64url')}.${sealed.toString('base64url')}`
    },

    open(sealed, context) {
      const [id, iv = '', rest = ''] = sealed.split('.')
      const key = keys.find((candidate) => candidate.id === id)
      if (!key) throw new MissingKeyError(id ?? '')
      const bytes = Buffer.from(rest, 'base64url')
      const decipher = createDecipheriv(
        'aes-256-gcm',
        key.sealingKey,
        Buffer.from(iv, 'base64url'),
        {
          authTagLength: 16,
        },
      )
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-16))
      return decipher.update(bytes.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8')
    },

    hash: (value, purpose) => hmac(current.hashingKey, value, purpose),

    hashWithAllKeys(value, purpose) {
      for (const id of missing) throw new MissingKeyError(id)
      return hashingKeys
        .values()
        .map((key) => hmac(key, value, purpose))
        .toArray()
    },

    hashingKey: (id) => Buffer.from(hashingKeys.get(id) ?? []).toString('base64url'),

    addHashingKey(id, hashingKey) {
      missing.delete(id)
      if (!hashingKeys.has(id))
        hashingKeys.set(id, new Uint8Array(Buffer.from(hashingKey, 'base64url')))
    },

    markMissing(id) {
      if (!hashingKeys.has(id)) missing.add(id)
    },
  }
}

function parseEntry(entry: string): Key {
  const [, id, encoded] = keyPattern.exec(entry.trim()) as unknown as [string, string, string]
  const secret = Buffer.from(encoded, 'base64')
  // Sealing and hashing each get their own derived key (RFC 5869).
  const derive = (purpose: string) =>
    new Uint8Array(hkdfSync('sha256', secret, '', `latchkey ${purpose}`, 32))
  return { id, sealingKey: derive('sealing'), hashingKey: derive('hashing') }
}

function hmac(key: Uint8Array, value: string, purpose: string): string {
  return createHmac('sha256', key).update(`${purpose}\0${value}`).digest('base64url')
}
