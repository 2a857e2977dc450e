import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import { retryOnConflict } from '../store/transaction.ts'
import { openJwk, type PublicJwk } from './jwk.ts'
import type { Keyring } from './keyring.ts'
import { sealContext } from './sealed-columns.ts'

/** An RSA key that signs ID tokens: many applications verify RS256 alone (OpenID Connect Core §15.1). */
export interface IdTokenKey {
  privateJwk: JsonWebKey & { kid: string }
  jwk: PublicJwk
}

/** The RSA key of a signing key’s row; undefined if it has none. */
export function openIdTokenKey(
  keyring: Keyring,
  row: { id: string; rsa_private_jwk_sealed: string | null },
): IdTokenKey | undefined {
  if (row.rsa_private_jwk_sealed === null) return undefined
  const privateJwk = openJwk(
    keyring,
    row.id,
    row.rsa_private_jwk_sealed,
  ) as IdTokenKey['privateJwk']
  // Derived, not read, as for access tokens.
  const publicKey = createPublicKey(createPrivateKey({ key: privateJwk, format: 'jwk' }))
  const { kty, n, e } = publicKey.export({ format: 'jwk' })
  const jwk = { kty, n, e, kid: privateJwk.kid, alg: 'RS256', use: 'sig' } as PublicJwk
  return { privateJwk, jwk }
}

/** Generates an RSA key for a signing key’s row. @returns it sealed, ready to insert */
export async function generateIdTokenKey(keyring: Keyring, signingKey: string): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = await calculateJwkThumbprint(await exportJWK(publicKey))
  const jwk = JSON.stringify({ ...(await exportJWK(privateKey)), kid })
  return keyring.seal(jwk, sealContext('signing_key', signingKey))
}

/** Whether ID tokens are signed here: an application is, or was, registered. */
export async function hasIdTokenKey(db: Pick<Db, 'selectFrom'>): Promise<boolean> {
  const row = await db
    .selectFrom('signing_key')
    .select('id')
    .where('rsa_private_jwk_sealed', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Gives the newest signing key an RSA key, unless there is one. It is rotated with that one. */
export async function ensureIdTokenKey(db: Db, keyring: Keyring): Promise<void> {
  const newest = await db
    .selectFrom('signing_key')
    .select('id')
    .where('retires_at', 'is', null)
    .executeTakeFirstOrThrow()
  // Generated before the transaction, which must not do slow work.
  const sealed = await generateIdTokenKey(keyring, newest.id)
  await retryOnConflict(db, async (tx) => {
    await advisoryLock(tx, 'signing-keys')
    if (await hasIdTokenKey(tx)) return
    await tx
      .updateTable('signing_key')
      .set({ rsa_private_jwk_sealed: sealed })
      .where('id', '=', newest.id)
      .execute()
  })
}
