import { randomBytes } from 'node:crypto'

/** One entry of `LATCHKEY_ENCRYPTION_KEYS`: `id:base64(32 bytes)`. */
export const keyPattern = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/

/** The reason why a list of keys is invalid, as a sentence without secrets; undefined if valid. */
export function validateEncryptionKeys(encryptionKeys: string): string | undefined {
  const entries = encryptionKeys.split(',').map((entry) => keyPattern.exec(entry.trim())?.[1])
  if (entries.includes(undefined))
    return 'LATCHKEY_ENCRYPTION_KEYS must be a list of id:base64 of 32 bytes.'
  if (new Set(entries).size !== entries.length)
    return 'LATCHKEY_ENCRYPTION_KEYS must give each key a different id.'
  return undefined
}

/** A new random key as an entry of `LATCHKEY_ENCRYPTION_KEYS`. */
export function generateEncryptionKey(id: string): string {
  return `${id}:${randomBytes(32).toString('base64')}`
}
