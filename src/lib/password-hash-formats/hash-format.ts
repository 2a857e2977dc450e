/** A password’s hash that can be checked. */
export interface ParsedHash {
  /** It may take up to a second of a core, off the main thread. Never throws. */
  verify(password: string): Promise<boolean>
}

/** Why a hash is not taken, as the rest of a sentence. */
export interface RejectedHash {
  refused: string
}

/** One form in which systems keep passwords. @returns undefined for a hash of another form */
export type HashFormat = (text: string) => ParsedHash | RejectedHash | undefined

/** What one check may take: a hash that asks for more would keep everyone else waiting. */
export const max = {
  /** About 0.7 s. */
  bcryptCost: 14,
  /** Of Argon2 and scrypt. Each core checks one at a time. */
  memoryKiB: 128 * 1024,
  /** Of Argon2: memory times passes. */
  argon2WorkKiB: 512 * 1024,
  argon2Lanes: 16,
  /** Of PBKDF2. */
  iterations: 3_000_000,
}

const saltBytes = { min: 8, most: 48 }

/** Fewer than 128 bits would let too many wrong passwords pass. */
const digestBytes = { min: 16, most: 64 }

/** What is wrong with the lengths, in bytes; undefined if nothing is. */
export function checkLengths(salt: Uint8Array, digest: Uint8Array): RejectedHash | undefined {
  if (salt.length < saltBytes.min || salt.length > saltBytes.most) {
    return {
      refused: `the salt of the hash has ${salt.length} bytes, not ${saltBytes.min} to ${saltBytes.most}`,
    }
  }
  if (digest.length < digestBytes.min || digest.length > digestBytes.most) {
    return {
      refused: `the hash has ${digest.length} bytes, not ${digestBytes.min} to ${digestBytes.most}`,
    }
  }
  return undefined
}

/**
 * Base 64 without padding, as PHC strings have it; a dot may stand for the plus (passlib’s
 * `ab64`).
 *
 * @returns undefined unless it is exactly what an encoder would have written
 */
export function fromBase64(text: string | undefined): Buffer | undefined {
  if (!text) return undefined
  const standard = text.replaceAll('.', '+')
  const bytes = Buffer.from(standard, 'base64')
  return toBase64(bytes) === standard ? bytes : undefined
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}

/** A number as it is written in a hash: no sign, no leading zero. */
export const numberPattern = '(0|[1-9][0-9]{0,9})'

export const malformed = { refused: 'the hash is not whole' } satisfies RejectedHash
