import { argon2 } from './argon2.ts'
import { bcrypt } from './bcrypt.ts'
import type { Form, ReadHash, RefusedHash } from './form.ts'
import { pbkdf2 } from './pbkdf2.ts'
import { scrypt } from './scrypt.ts'

/** Every form that is taken. A new one is a file here and a name there. */
const forms: Form[] = [argon2, bcrypt, scrypt, pbkdf2]

/** Reads a stored hash, of ours or of elsewhere, strictly: what it takes can be checked. */
export function readHash(text: string): ReadHash | RefusedHash {
  for (const form of forms) {
    const read = form(text)
    if (read) return read
  }
  return { refused: 'the hash is in no form that is taken' }
}
