import { argon2 } from './argon2.ts'
import { bcrypt } from './bcrypt.ts'
import type { HashFormat, ParsedHash, RejectedHash } from './hash-format.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { scrypt } from './scrypt.ts'

/** Every accepted format. A new one is a file in this folder and an entry here. */
const formats: HashFormat[] = [argon2, bcrypt, scrypt, pbkdf2]

/** Parses a stored or imported hash strictly: every accepted hash can be verified. */
export function parseHash(text: string): ParsedHash | RejectedHash {
  for (const format of formats) {
    const parsed = format(text)
    if (parsed) return parsed
  }
  return { refused: 'the format of the hash is not supported' }
}
