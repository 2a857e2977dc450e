/** Tokens as an attacker would make them, some of them with the service's own key. */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { openKeys } from '../../src/lib/keys.ts'
import type { TestLatchkey } from './latchkey.ts'

export interface RealKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

/** The key that signs: with it, only the claim under test can be why a token is refused. */
export async function realKey(latchkey: TestLatchkey): Promise<RealKey> {
  const [row] = await latchkey.sql('select id, private_jwk_sealed from signing_key')
  const keys = openKeys(latchkey.environment.LATCHKEY_ENCRYPTION_KEYS ?? '')
  const jwk = JSON.parse(keys.open(row.private_jwk_sealed, `signing_key ${row.id}`))
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { kid: row.id, privateKey, publicKey: createPublicKey(privateKey) }
}

/** One part of a token, in clear. */
export type Part = Record<string, unknown>

export function partsOf(token: string): { header: Part; claims: Part; signature: string } {
  const [header = '', claims = '', signature = ''] = token.split('.')
  return { header: decoded(header), claims: decoded(claims), signature }
}

/** A token signed with ES256 by `key`, whatever its header says. */
export function signed(key: KeyObject, header: unknown, claims: unknown): string {
  return withSignature(header, claims, (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  )
}

export function withSignature(
  header: unknown,
  claims: unknown,
  signature: (input: string) => Uint8Array,
): string {
  const input = `${encoded(header)}.${encoded(claims)}`
  return `${input}.${Buffer.from(signature(input)).toString('base64url')}`
}

/** JSON, or a text as it is, in base64url. */
export function encoded(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

function decoded(part: string): Part {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}
