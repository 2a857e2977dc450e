import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { Selectable } from 'kysely'
import { CannotStart } from '../lib/cannot-start.ts'
import { now, second } from '../lib/clock.ts'
import { KeyNotGiven, type Keys } from '../lib/keys.ts'
import { type Db, serialize } from '../store/open.ts'
import type { SigningKeyTable } from '../store/schema.ts'
import { transaction } from '../store/transaction.ts'

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
  look(): Promise<{ found: SigningKey[]; retiring: SigningKey[] }>
  /** The same for whoever was shown an unknown `kid`. Somebody makes them up: it looks seldom. */
  lookAgain(): Promise<void>
}

/** How often a made-up `kid` costs a query at most. */
const lookAgainMs = 2 * second

/** Whether what the key signed is still accepted. */
export function isAccepted(key: SigningKey): boolean {
  return key.retiresAt > now()
}

/**
 * The signing keys; at the first start of all, one is made. Nodes that start together agree on it.
 *
 * @throws CannotStart if the encryption keys are not those of this database
 */
export async function loadSigningKeys(db: Db, keys: Keys): Promise<SigningKeys> {
  await makeFirst(db, keys)
  const known = new Map<string, SigningKey>()
  let again: Promise<unknown> = Promise.resolve()
  let lookedAt = now()

  const accepted = () => [...known.values()].filter(isAccepted)

  async function look() {
    const rows = await db.selectFrom('signing_key').selectAll().execute()
    const retiring: SigningKey[] = []
    for (const key of known.values()) {
      const row = rows.find(({ id }) => id === key.id)
      const times = row ? timesOf(row) : { signsFrom: key.signsFrom, retiresAt: 0 }
      if (times.retiresAt < key.retiresAt) retiring.push(key)
      // Changed in its place: tokens that were checked before remember their key.
      Object.assign(key, times)
      if (!row) known.delete(key.id)
    }
    const found = rows.filter(({ id }) => !known.has(id)).map((row) => open(keys, row))
    for (const key of found) known.set(key.id, key)
    return { found, retiring }
  }

  await look()
  return {
    current() {
      const bySigning = accepted().sort((a, b) => a.signsFrom - b.signsFrom)
      // The first one signs also where the clock is behind that of the node that made it.
      const key = bySigning.findLast(({ signsFrom }) => signsFrom <= now()) ?? bySigning[0]
      if (!key) throw new Error('There is no signing key.')
      return key
    },

    find(kid) {
      const key = known.get(kid)
      return key && isAccepted(key) ? key : undefined
    },

    jwks: () => ({ keys: accepted().map(({ jwk }) => jwk) }),
    look,

    async lookAgain() {
      if (now() - lookedAt >= lookAgainMs) {
        lookedAt = now()
        again = look()
      }
      await again
    },
  }
}

/** When a key signs, and until when it is accepted. */
export function timesOf(row: Selectable<SigningKeyTable>) {
  return { signsFrom: row.signs_from ?? row.created_at, retiresAt: row.retires_at ?? Infinity }
}

async function makeFirst(db: Db, keys: Keys): Promise<void> {
  // Made before it is known to be needed: a transaction is no place to wait.
  const spare = await generateSigningKey(keys)
  await transaction(db, async (tx) => {
    await serialize(tx, 'signing-keys')
    const known = await tx.selectFrom('signing_key').select('id').limit(1).executeTakeFirst()
    if (known) return
    await tx
      .insertInto('signing_key')
      .values({ ...spare, created_at: now(), signs_from: null, retires_at: null })
      .execute()
  })
}

function open(keys: Keys, row: Selectable<SigningKeyTable>): SigningKey {
  const { id } = row
  const privateKey = openPrivateKey(keys, row)
  // Derived, not read: whoever can write to the database alone could add a key of their own.
  const publicKey = createPublicKey(privateKey)
  return { id, privateKey, publicKey, jwk: publicJwk(id, publicKey), ...timesOf(row) }
}

function publicJwk(id: string, key: KeyObject): PublicJwk {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, y, kid: id, alg: 'ES256', use: 'sig' } as PublicJwk
}

function openPrivateKey(keys: Keys, row: { id: string; private_jwk_sealed: string }): KeyObject {
  try {
    const jwk = JSON.parse(keys.open(row.private_jwk_sealed, signingKeyContext(row.id)))
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    if (cause instanceof KeyNotGiven) throw cause
    throw new CannotStart(
      'These are not the encryption keys of this database. Give LATCHKEY_ENCRYPTION_KEYS those that it was used with before; in development they lie in the file encryption-keys beside the data.',
      { cause },
    )
  }
}

/** A new key, ready to be put into the table. */
export async function generateSigningKey(keys: Keys) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const id = await calculateJwkThumbprint(await exportJWK(publicKey))
  const jwk = JSON.stringify(await exportJWK(privateKey))
  return { id, private_jwk_sealed: keys.seal(jwk, signingKeyContext(id)) }
}

/** What binds a sealed private key to its row. */
export const signingKeyContext = (id: string) => `signing_key ${id}`
