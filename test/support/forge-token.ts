/** Tokens that an attacker could forge, some with the service’s own key. */
import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { parseKeyring } from '../../src/keys/keyring.ts'
import { sealContext } from '../../src/keys/sealed-columns.ts'
import type { TestLatchkey } from './latchkey.ts'

export interface SigningKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

/** Loads the active signing key. A token signed with it is rejected for its claims only. */
export async function loadSigningKey(latchkey: TestLatchkey): Promise<SigningKey> {
  const [row] = await latchkey.sql('select id, private_jwk_sealed from signing_key')
  assert.ok(row, 'no signing key')
  const keyring = parseKeyring(latchkey.environment.LATCHKEY_ENCRYPTION_KEYS ?? '')
  const jwk = JSON.parse(keyring.open(row.private_jwk_sealed, sealContext('signing_key', row.id)))
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { kid: row.id, privateKey, publicKey: createPublicKey(privateKey) }
}

/** A decoded header, or decoded claims. */
// biome-ignore lint/suspicious/noExplicitAny: claims of every type
export type TokenPart = Record<string, any>

/** Decodes a token without verifying it. */
export function decodeToken(token: string): {
  header: TokenPart
  claims: TokenPart
  signature: string
} {
  const [header = '', claims = '', signature = ''] = token.split('.')
  return { header: decodePart(header), claims: decodePart(claims), signature }
}

/** Signs a token with ES256, whatever algorithm its header names. */
export function signToken(key: KeyObject, header: unknown, claims: unknown): string {
  return assembleToken(header, claims, (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  )
}

export function assembleToken(
  header: unknown,
  claims: unknown,
  signature: (input: string) => Uint8Array,
): string {
  const input = `${encodePart(header)}.${encodePart(claims)}`
  return `${input}.${Buffer.from(signature(input)).toString('base64url')}`
}

/** Base64url of JSON, or of a string as it is. */
export function encodePart(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

function decodePart(part: string): TokenPart {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}
