import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { keyPattern, validateEncryptionKeys } from '../config/encryption-key-list.ts'
import { Problem } from '../lib/problem.ts'

/**
 * The keys that make a stolen database worth little. They live outside of it.
 *
 * What must be read again is sealed (AES-256-GCM); what must only be recognised is hashed
 * (HMAC-SHA-256), so that not even a six-digit code can be found by trying them all.
 */
export interface Keyring {
  /** The ids of all that are given, the first one first: it seals and hashes. */
  readonly configured: readonly [first: string, ...others: string[]]
  /** `plain`, readable again only through `open` with the same `context`: where it belongs. */
  seal(plain: string, context: string): string
  /**
   * @throws KeyNotGiven
   * @throws Error if it was altered or moved to another context
   */
  open(sealed: string, context: string): string
  /** The fingerprint to store. */
  hash(value: string, purpose: string): string
  /**
   * Fingerprints under every key, to find one that was stored before the keys were rotated.
   *
   * @throws KeyNotGiven if somebody hashes with a key that is not known here: not to find a
   * fingerprint would mean nothing
   */
  hashWithAllKeys(value: string, purpose: string): string[]
  /** What a given key hashes with. Whoever keeps it still finds hashes when the key is gone. */
  hashingKey(id: string): string
  /** From now on, what was hashed with a key that is not given is found, too. */
  addHashingKey(id: string, hashingKey: string): void
  /** From now on, `hashes` knows that the key of this id is missing. */
  markMissing(id: string): void
  /** The ids that were missed and not recognised since. */
  readonly missing: ReadonlySet<string>
}

/** It takes an encryption key that is not given here. Other nodes may have it. */
export class MissingKeyError extends Problem {
  readonly id: string

  constructor(id: string) {
    super('unavailable', 'This can’t be done right now. Please try again in a moment.', {
      retryAfter: 5,
    })
    this.id = id
  }
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
  if (problem !== undefined) throw new Error(`Encryption keys: ${problem}.`)

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
  // One secret, one job: sealing and hashing each get a key of their own (RFC 5869).
  const derive = (job: string) =>
    new Uint8Array(hkdfSync('sha256', secret, '', `latchkey ${job}`, 32))
  return { id, sealingKey: derive('sealing'), hashingKey: derive('hashing') }
}

function hmac(key: Uint8Array, value: string, purpose: string): string {
  return createHmac('sha256', key).update(`${purpose}\0${value}`).digest('base64url')
}
