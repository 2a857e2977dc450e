import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { Selectable } from 'kysely'
import { now, second } from '../lib/clock.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import type { SigningKeyTable } from '../store/schema.ts'
import { retryOnConflict } from '../store/transaction.ts'
import { type Keyring, MissingKeyError } from './keyring.ts'
import { sealContext } from './sealed-columns.ts'

/** A published public key (RFC 7517 §4). */
export type PublicJwk = Record<'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use', string>

/** A key that signs access tokens. Times are milliseconds since 1970. */
export interface SigningKey {
  /** Its `kid`. */
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: PublicJwk
  signsFrom: number
  /** Its tokens are accepted until then; Infinity until it is rotated. */
  retiresAt: number
}

export interface SigningKeys {
  /** The key that signs now. */
  current(): SigningKey
  /** The key of that `kid`, unless it has retired. */
  find(kid: string): SigningKey | undefined
  /** The JWK Set for verifying access tokens (RFC 7517 §5). */
  jwks(): { keys: PublicJwk[] }
  /**
   * Reads the keys and times that other nodes and commands have stored.
   *
   * @returns the keys that are new to this node, and those that will retire earlier than it knew
   */
  sync(): Promise<{ added: SigningKey[]; retiring: SigningKey[] }>
  /** Syncs for an unknown `kid`, at most every two seconds: an attacker can invent any number. */
  syncIfDue(): Promise<void>
}

/** The least time between two queries for unknown `kid`s. */
const minSyncIntervalMs = 2 * second

/** Whether the key’s tokens are still accepted. */
export function isAccepted(key: SigningKey): boolean {
  return key.retiresAt > now()
}

/**
 * Loads the signing keys. The very first start generates one; nodes that start together agree on it.
 *
 * @throws OperatorError if the encryption keys are not those of this database
 */
export async function loadSigningKeys(db: Db, keyring: Keyring): Promise<SigningKeys> {
  await ensureSigningKey(db, keyring)
  const byId = new Map<string, SigningKey>()
  let lastSync: Promise<unknown> = Promise.resolve()
  let lastSyncAt = now()

  const accepted = () => [...byId.values()].filter(isAccepted)

  async function sync() {
    const rows = await db.selectFrom('signing_key').selectAll().execute()
    const retiring: SigningKey[] = []
    for (const key of byId.values()) {
      const row = rows.find(({ id }) => id === key.id)
      const times = row ? timesOf(row) : { signsFrom: key.signsFrom, retiresAt: 0 }
      if (times.retiresAt < key.retiresAt) retiring.push(key)
      // Mutated in place: the cache of verified tokens holds references to their keys.
      Object.assign(key, times)
      if (!row) byId.delete(key.id)
    }
    const added = rows.filter(({ id }) => !byId.has(id)).map((row) => openSigningKey(keyring, row))
    for (const key of added) byId.set(key.id, key)
    return { added, retiring }
  }

  await sync()
  return {
    current() {
      const bySignsFrom = accepted().sort((a, b) => a.signsFrom - b.signsFrom)
      // The only key signs even if this node’s clock is behind that of the node that generated it.
      const key = bySignsFrom.findLast(({ signsFrom }) => signsFrom <= now()) ?? bySignsFrom[0]
      if (!key) throw new Error('There is no signing key.')
      return key
    },

    find(kid) {
      const key = byId.get(kid)
      return key && isAccepted(key) ? key : undefined
    },

    jwks: () => ({ keys: accepted().map(({ jwk }) => jwk) }),
    sync,

    async syncIfDue() {
      if (now() - lastSyncAt >= minSyncIntervalMs) {
        lastSyncAt = now()
        lastSync = sync()
      }
      await lastSync
    },
  }
}

/** The times from which a key signs and until which it is accepted. */
export function timesOf(row: Selectable<SigningKeyTable>) {
  return { signsFrom: row.signs_from ?? row.created_at, retiresAt: row.retires_at ?? Infinity }
}

async function ensureSigningKey(db: Db, keyring: Keyring): Promise<void> {
  // Generated before it is known to be needed: a transaction must not do slow work.
  const newKey = await generateSigningKey(keyring)
  await retryOnConflict(db, async (tx) => {
    await advisoryLock(tx, 'signing-keys')
    const existing = await tx.selectFrom('signing_key').select('id').limit(1).executeTakeFirst()
    if (existing) return
    await tx
      .insertInto('signing_key')
      .values({ ...newKey, created_at: now(), signs_from: null, retires_at: null })
      .execute()
  })
}

function openSigningKey(keyring: Keyring, row: Selectable<SigningKeyTable>): SigningKey {
  const { id } = row
  const privateKey = openPrivateKey(keyring, row)
  // Derived, not read: an attacker with write access to the database could add their own public key.
  const publicKey = createPublicKey(privateKey)
  return { id, privateKey, publicKey, jwk: publicJwk(id, publicKey), ...timesOf(row) }
}

function publicJwk(id: string, key: KeyObject): PublicJwk {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, y, kid: id, alg: 'ES256', use: 'sig' } as PublicJwk
}

function openPrivateKey(
  keyring: Keyring,
  row: { id: string; private_jwk_sealed: string },
): KeyObject {
  try {
    const jwk = JSON.parse(keyring.open(row.private_jwk_sealed, sealContext('signing_key', row.id)))
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    if (cause instanceof MissingKeyError) throw cause
    throw new OperatorError(
      'These are not the encryption keys of this database. Set LATCHKEY_ENCRYPTION_KEYS to the keys that were used before; in development they are in the file encryption-keys beside the data.',
      { cause },
    )
  }
}

/** Generates a key pair. @returns its id and sealed private key, ready to insert */
export async function generateSigningKey(keyring: Keyring) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const id = await calculateJwkThumbprint(await exportJWK(publicKey))
  const jwk = JSON.stringify(await exportJWK(privateKey))
  return { id, private_jwk_sealed: keyring.seal(jwk, sealContext('signing_key', id)) }
}
