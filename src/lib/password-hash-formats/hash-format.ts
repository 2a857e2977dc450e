/** A password hash that can be verified. */
export interface ParsedHash {
  /** Takes up to one second of CPU time, off the main thread. Never throws. */
  verify(password: string): Promise<boolean>
}

/** The reason why a hash is not accepted, as a clause. */
export interface RejectedHash {
  refused: string
}

/** Parses hashes of one format. @returns undefined for a hash of another format */
export type HashFormat = (text: string) => ParsedHash | RejectedHash | undefined

/** The limits of one verification: a more expensive hash would delay everyone else. */
export const max = {
  /** About 0.7 s. */
  bcryptCost: 14,
  /** Argon2 and scrypt. Each core verifies one hash at a time. */
  memoryKiB: 128 * 1024,
  /** Argon2: memory times passes. */
  argon2WorkKiB: 512 * 1024,
  argon2Lanes: 16,
  /** PBKDF2. */
  iterations: 3_000_000,
}

const saltBytes = { min: 8, max: 48 }

/** Fewer than 128 bits would let too many wrong passwords pass. */
const digestBytes = { min: 16, max: 64 }

/** Checks the lengths of salt and digest. @returns undefined if they are acceptable */
export function checkLengths(salt: Uint8Array, digest: Uint8Array): RejectedHash | undefined {
  if (salt.length < saltBytes.min || salt.length > saltBytes.max) {
    return {
      refused: `the salt of the hash has ${salt.length} bytes, not ${saltBytes.min} to ${saltBytes.max}`,
    }
  }
  if (digest.length < digestBytes.min || digest.length > digestBytes.max) {
    return {
      refused: `the hash has ${digest.length} bytes, not ${digestBytes.min} to ${digestBytes.max}`,
    }
  }
  return undefined
}

/**
 * Decodes base64 without padding, as in PHC strings; a dot may stand for the plus (passlib’s `ab64`).
 *
 * @returns undefined unless it is canonical
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

/** A number in a hash: no sign, no leading zero. */
export const numberPattern = '(0|[1-9][0-9]{0,9})'

export const malformed = { refused: 'the hash is malformed' } satisfies RejectedHash
