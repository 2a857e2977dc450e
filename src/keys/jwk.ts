import type { JsonWebKey } from 'node:crypto'
import { OperatorError } from '../lib/operator-error.ts'
import { type Keyring, MissingKeyError } from './keyring.ts'
import { sealContext } from './sealed-columns.ts'

/** A published public key (RFC 7517 §4): of ES256 with `crv`, `x` and `y`, of RS256 with `n` and `e`. */
export type PublicJwk = Record<'kty' | 'kid' | 'alg' | 'use', string> &
  Partial<Record<'crv' | 'x' | 'y' | 'n' | 'e', string>>

/** Opens the sealed JWK of a signing key. @throws OperatorError, MissingKeyError */
export function openJwk(keyring: Keyring, id: string, sealed: string): JsonWebKey {
  try {
    return JSON.parse(keyring.open(sealed, sealContext('signing_key', id)))
  } catch (cause) {
    if (cause instanceof MissingKeyError) throw cause
    throw new OperatorError(
      'These are not the encryption keys of this database. Set LATCHKEY_ENCRYPTION_KEYS to the keys that were used before; in development they are in the file encryption-keys beside the data.',
      { cause },
    )
  }
}
