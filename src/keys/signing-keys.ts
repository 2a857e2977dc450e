import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { Selectable } from 'kysely'
import { now, second } from '../lib/clock.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import type { SigningKeyTable } from '../store/schema.ts'
import { retryOnConflict } from '../store/transaction.ts'
import { type IdTokenKey, openIdTokenKey } from './id-token-key.ts'
import { openJwk, type PublicJwk } from './jwk.ts'
import type { Keyring } from './keyring.ts'
import { sealContext } from './sealed-columns.ts'

/** A key that signs access tokens. Times are milliseconds since 1970. */
export interface SigningKey {
  /** Its `kid`. */
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: PublicJwk
  /** The key that signs ID tokens meanwhile; undefined before the first application. */
  idTokenKey: IdTokenKey | undefined
  signsFrom: number
  /** Its tokens are accepted until then; Infinity until it is rotated. */
  retiresAt: number
}

export interface SigningKeys {
  /** The key that signs now. */
  current(): SigningKey
  /** The accepted keys of ID tokens, the one that signs now first; none before the first application. */
  idTokenKeys(): IdTokenKey[]
  /** The key of that `kid`, unless it has retired. */
  find(kid: string): SigningKey | undefined
  /** The JWK Set for verifying access tokens and ID tokens (RFC 7517 §5). */
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
      if (row) key.idTokenKey ??= openIdTokenKey(keyring, row)
      else byId.delete(key.id)
    }
    const added = rows.filter(({ id }) => !byId.has(id)).map((row) => openSigningKey(keyring, row))
    for (const key of added) byId.set(key.id, key)
    return { added, retiring }
  }

  /** The one of the accepted keys that signs now. */
  function signingKeyOf(keys: SigningKey[]): SigningKey | undefined {
    const bySignsFrom = keys.toSorted((a, b) => a.signsFrom - b.signsFrom)
    // The only key signs even if this node’s clock is behind that of the node that generated it.
    return bySignsFrom.findLast(({ signsFrom }) => signsFrom <= now()) ?? bySignsFrom[0]
  }

  await sync()
  return {
    current() {
      const key = signingKeyOf(accepted())
      if (!key) throw new Error('There is no signing key.')
      return key
    },

    idTokenKeys() {
      const keys = accepted().filter(({ idTokenKey }) => idTokenKey !== undefined)
      const signing = signingKeyOf(keys)
      return [signing, ...keys.filter((key) => key !== signing)].flatMap(
        (key) => key?.idTokenKey ?? [],
      )
    },

    find(kid) {
      const key = byId.get(kid)
      return key && isAccepted(key) ? key : undefined
    },

    jwks: () => ({
      keys: accepted().flatMap(({ jwk, idTokenKey }) => [
        jwk,
        ...(idTokenKey ? [idTokenKey.jwk] : []),
      ]),
    }),
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
      .values({
        ...newKey,
        rsa_private_jwk_sealed: null,
        created_at: now(),
        signs_from: null,
        retires_at: null,
      })
      .execute()
  })
}

function openSigningKey(keyring: Keyring, row: Selectable<SigningKeyTable>): SigningKey {
  const { id } = row
  const privateKey = openPrivateKey(keyring, row)
  // Derived, not read: an attacker with write access to the database could add their own public key.
  const publicKey = createPublicKey(privateKey)
  const idTokenKey = openIdTokenKey(keyring, row)
  return { id, privateKey, publicKey, jwk: publicJwk(id, publicKey), idTokenKey, ...timesOf(row) }
}

function publicJwk(id: string, key: KeyObject): PublicJwk {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, y, kid: id, alg: 'ES256', use: 'sig' } as PublicJwk
}

function openPrivateKey(
  keyring: Keyring,
  row: { id: string; private_jwk_sealed: string },
): KeyObject {
  return createPrivateKey({ key: openJwk(keyring, row.id, row.private_jwk_sealed), format: 'jwk' })
}

/** Generates a key pair. @returns its id and sealed private key, ready to insert */
export async function generateSigningKey(keyring: Keyring) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const id = await calculateJwkThumbprint(await exportJWK(publicKey))
  const jwk = JSON.stringify(await exportJWK(privateKey))
  return { id, private_jwk_sealed: keyring.seal(jwk, sealContext('signing_key', id)) }
}
