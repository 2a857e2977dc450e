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

/** A public key as it is published (RFC 7517 §4). */
export type PublicJwk = Record<'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use', string>

/** One of the keys that sign tokens. Times are milliseconds since 1970. */
export interface SigningKey {
  /** Its `kid`. */
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: PublicJwk
  signsFrom: number
  /** Until then what it signed is accepted; infinite while none takes its place. */
  retiresAt: number
}

export interface SigningKeys {
  /** The one that signs now. */
  current(): SigningKey
  /** The one of that `kid`, unless it has retired. */
  find(kid: string): SigningKey | undefined
  /** For everyone who checks our tokens (RFC 7517 §5). */
  jwks(): { keys: PublicJwk[] }
  /**
   * Looks into the table, where other nodes and commands put keys and times.
   *
   * @returns what is new to this node
   */
  sync(): Promise<{ added: SigningKey[]; retiring: SigningKey[] }>
  /** The same for whoever was shown an unknown `kid`. Somebody makes them up: it looks seldom. */
  syncIfDue(): Promise<void>
}

/** How often a made-up `kid` costs a query at most. */
const minSyncIntervalMs = 2 * second

/** Whether what the key signed is still accepted. */
export function isAccepted(key: SigningKey): boolean {
  return key.retiresAt > now()
}

/**
 * The signing keys; at the first start of all, one is made. Nodes that start together agree on it.
 *
 * @throws CannotStart if the encryption keys are not those of this database
 */
export async function loadSigningKeys(db: Db, keys: Keyring): Promise<SigningKeys> {
  await ensureSigningKey(db, keys)
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
      // Changed in its place: tokens that were checked before remember their key.
      Object.assign(key, times)
      if (!row) byId.delete(key.id)
    }
    const added = rows.filter(({ id }) => !byId.has(id)).map((row) => openSigningKey(keys, row))
    for (const key of added) byId.set(key.id, key)
    return { added, retiring }
  }

  await sync()
  return {
    current() {
      const bySignsFrom = accepted().sort((a, b) => a.signsFrom - b.signsFrom)
      // The first one signs also where the clock is behind that of the node that made it.
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

/** When a key signs, and until when it is accepted. */
export function timesOf(row: Selectable<SigningKeyTable>) {
  return { signsFrom: row.signs_from ?? row.created_at, retiresAt: row.retires_at ?? Infinity }
}

async function ensureSigningKey(db: Db, keyring: Keyring): Promise<void> {
  // Made before it is known to be needed: a transaction is no place to wait.
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
  // Derived, not read: whoever can write to the database alone could add a key of their own.
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
      'These are not the encryption keys of this database. Give LATCHKEY_ENCRYPTION_KEYS those that it was used with before; in development they lie in the file encryption-keys beside the data.',
      { cause },
    )
  }
}

/** A new key, ready to be put into the table. */
export async function generateSigningKey(keyring: Keyring) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const id = await calculateJwkThumbprint(await exportJWK(publicKey))
  const jwk = JSON.stringify(await exportJWK(privateKey))
  return { id, private_jwk_sealed: keyring.seal(jwk, sealContext('signing_key', id)) }
}
