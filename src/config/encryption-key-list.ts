import { randomBytes } from 'node:crypto'

/** One entry of `LATCHKEY_ENCRYPTION_KEYS`: `id:base64(32 bytes)`. */
export const keyPattern = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/

/** Why a list of keys is invalid, as a clause; undefined if it is valid. */
export function validateEncryptionKeys(encryptionKeys: string): string | undefined {
  const entries = encryptionKeys.split(',').map((entry) => keyPattern.exec(entry.trim())?.[1])
  if (entries.includes(undefined)) return 'each key must be id:base64 of 32 bytes'
  if (new Set(entries).size !== entries.length) return 'each key needs an id of its own'
  return undefined
}

/** A new random key as an entry of `LATCHKEY_ENCRYPTION_KEYS`. */
export function generateEncryptionKey(id: string): string {
  return `${id}:${randomBytes(32).toString('base64')}`
}
