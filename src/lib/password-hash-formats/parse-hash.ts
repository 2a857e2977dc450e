import { argon2 } from './argon2.ts'
import { bcrypt } from './bcrypt.ts'
import type { HashFormat, ParsedHash, RejectedHash } from './hash-format.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { scrypt } from './scrypt.ts'

/** Every form that is taken. A new one is a file here and a name there. */
const formats: HashFormat[] = [argon2, bcrypt, scrypt, pbkdf2]

/** Reads a stored hash, of ours or of elsewhere, strictly: what it takes can be checked. */
export function parseHash(text: string): ParsedHash | RejectedHash {
  for (const format of formats) {
    const parsed = format(text)
    if (parsed) return parsed
  }
  return { refused: 'the hash is in no form that is taken' }
}
