import { randomBytes } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { toBase64 } from './password-forms/form.ts'
import { readHash } from './password-forms/read-hash.ts'
import { createQueue } from './queue.ts'

/** OWASP's choice for Argon2id (the library's default kind): 19 MiB, two passes, one lane; 8 ms. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** How each hash of ours begins; salt and digest follow. */
const beginning = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`

/** NIST asks for 64 characters at least (SP 800-63B-4 §3.1.1.2). More than this is no password. */
export const longestPasswordBytes = 1024

/** Password hashes, made and checked off the main thread. */
export interface Passwords {
  /** @returns a PHC string */
  hash(password: string): Promise<string>
  /**
   * @param stored in any form that `readHash` takes; undefined for nobody's: the answer is no, at
   * the price of a yes
   */
  verify(stored: string | undefined, password: string): Promise<boolean>
}

/** @param atOnce how many hashes run at the same time: one a core is fastest for all */
export async function createPasswords(atOnce: number): Promise<Passwords> {
  const queue = createQueue(atOnce)
  const nobodys = await hash('nobody’s password', cost)

  return {
    hash: (password) => queue.run(() => hash(password, cost)),
    async verify(stored, password) {
      const read = readHash(stored ?? nobodys)
      if ('refused' in read) return false
      // Unknown addresses pay for Argon2 too: a faster no would tell which addresses have accounts.
      const fits = await queue.run(() => read.verify(password))
      return fits && stored !== undefined
    },
  }
}

/** Whether a hash is as we would make it now. One of another form or price is to be made anew. */
export function isOurs(stored: string): boolean {
  return stored.startsWith(beginning)
}

/** Marks, in the place of the salt, that a hash is nobody's. */
const saltOfNone = toBase64(Buffer.from('no password yet.'))

/** The hash of an account without a password: all are wrong, and a no takes as long as any. */
export function noPassword(): string {
  return `${beginning}${saltOfNone}$${toBase64(randomBytes(32))}`
}

export function isNoPassword(stored: string): boolean {
  return stored.startsWith(`${beginning}${saltOfNone}$`)
}
