import { hash, verify } from '@node-rs/argon2'
import { createQueue } from './queue.ts'

/** OWASP's choice for Argon2id (the library's default kind): 19 MiB, two passes, one lane; 8 ms. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** NIST asks for 64 characters at least (SP 800-63B-4 §3.1.1.2). More than this is no password. */
export const longestPasswordBytes = 1024

/** Password hashes, made and checked off the main thread. */
export interface Passwords {
  /** @returns a PHC string */
  hash(password: string): Promise<string>
  /** @param stored undefined for nobody's: the answer is no, at the price of a yes */
  verify(stored: string | undefined, password: string): Promise<boolean>
}

/** @param atOnce how many hashes run at the same time: one a core is fastest for all */
export async function createPasswords(atOnce: number): Promise<Passwords> {
  const queue = createQueue(atOnce)
  const nobodys = await hash('nobody’s password', cost)

  return {
    hash: (password) => queue.run(() => hash(password, cost)),
    async verify(stored, password) {
      // Unknown addresses pay for Argon2 too: a faster no would tell which addresses have accounts.
      const fits = await queue.run(() => verify(stored ?? nobodys, password))
      return fits && stored !== undefined
    },
  }
}
