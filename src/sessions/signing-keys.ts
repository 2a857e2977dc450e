import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { CannotStart } from '../lib/cannot-start.ts'
import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { type Db, serialize } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'

/** A public key as it is published (RFC 7517 §4). */
export type PublicJwk = Record<'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use', string>

export interface SigningKeys {
  /** The one that signs. */
  current: { id: string; privateKey: KeyObject }
  /** All that may have signed, by `kid`. */
  publicKeys: ReadonlyMap<string, KeyObject>
  /** For everyone who checks our tokens (RFC 7517 §5). */
  jwks: { keys: PublicJwk[] }
}

/**
 * The signing keys; at the first start of all, one is made. Nodes that start together agree on it.
 *
 * @throws CannotStart if the encryption keys are not those of this database
 */
export async function loadSigningKeys(db: Db, keys: Keys): Promise<SigningKeys> {
  // Made before it is known to be needed: a transaction is no place to wait.
  const spare = await generate(keys)
  const rows = await transaction(db, async (tx) => {
    await serialize(tx, 'signing-keys')
    const known = await tx.selectFrom('signing_key').selectAll().orderBy('created_at').execute()
    if (known.length > 0) return known
    return tx.insertInto('signing_key').values(spare).returningAll().execute()
  })

  const all = rows.map((row) => ({ id: row.id, privateKey: openPrivateKey(keys, row) }))
  const current = all.at(-1)
  if (!current) throw new Error('There is no signing key.')
  // Public keys are derived, not read: whoever can write to the database alone could add their own.
  const publicKeys = new Map(all.map(({ id, privateKey }) => [id, createPublicKey(privateKey)]))
  return { current, publicKeys, jwks: { keys: [...publicKeys].map(publicJwk) } }
}

function publicJwk([id, key]: [string, KeyObject]): PublicJwk {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, y, kid: id, alg: 'ES256', use: 'sig' } as PublicJwk
}

function openPrivateKey(keys: Keys, row: { id: string; private_jwk_sealed: string }): KeyObject {
  try {
    const jwk = JSON.parse(keys.open(row.private_jwk_sealed, context(row.id)))
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    throw new CannotStart(
      'These are not the encryption keys of this database. Give LATCHKEY_ENCRYPTION_KEYS those that it was used with before; in development they lie in the file encryption-keys beside the data.',
      { cause },
    )
  }
}

async function generate(keys: Keys) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const id = await calculateJwkThumbprint(await exportJWK(publicKey))
  return {
    id,
    private_jwk_sealed: keys.seal(JSON.stringify(await exportJWK(privateKey)), context(id)),
    created_at: now(),
  }
}

const context = (id: string) => `signing_key ${id}`
