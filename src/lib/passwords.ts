import { randomBytes } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { second } from './clock.ts'
import { toBase64 } from './password-forms/form.ts'
import { readHash } from './password-forms/read-hash.ts'
import { Problem } from './problem.ts'
import { createQueue } from './queue.ts'

/** OWASP's choice for Argon2id (the library's default kind): 19 MiB, two passes, one lane; 8 ms. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** How each hash of ours begins; salt and digest follow. */
const beginning = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`

/** NIST asks for 64 characters at least (SP 800-63B-4 §3.1.1.2). More than this is no password. */
export const longestPasswordBytes = 1024

/** How much the newest hash counts in the average: the last twenty or so decide. */
const weight = 0.1

/** Password hashes, made and checked off the main thread. */
export interface Passwords {
  /** @returns a PHC string */
  hash(password: string): Promise<string>
  /**
   * @param stored in any form that `readHash` takes; undefined for nobody's: the answer is no, at
   * the price of a yes
   */
  verify(stored: string | undefined, password: string): Promise<boolean>
  /**
   * Keeps a place in the line while `work` goes on, which hashes. Begin with it, before anything
   * is counted: whoever is turned away has used nothing up.
   *
   * @throws Problem `unavailable` at once, as `ensureRoom` does
   */
  inLine<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * @param ahead who waits for the same in another line, if there is one
   * @throws Problem `unavailable` if whoever comes now would wait for too long
   */
  ensureRoom(ahead?: number): void
  /** How many have a place in the line now: those whose turn it is, and those who wait. */
  readonly length: number
}

/** Whoever watches from outside. */
export interface PasswordWatcher {
  hashed(ms: number): void
  turnedAway(): void
}

/**
 * @param atOnce how many hashes run at the same time: one a core is fastest for all
 * @param longestWaitMs nobody is let into a line that is longer than this
 */
export async function createPasswords(
  atOnce: number,
  longestWaitMs = Number.POSITIVE_INFINITY,
  watcher?: PasswordWatcher,
): Promise<Passwords> {
  const queue = createQueue(atOnce)
  const begun = performance.now()
  const nobodys = await hash('nobody’s password', cost)
  let averageMs = performance.now() - begun
  let inLine = 0

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return queue.run(async () => {
      const begun = performance.now()
      const result = await work()
      const ms = performance.now() - begun
      averageMs += weight * (ms - averageMs)
      watcher?.hashed(ms)
      return result
    })
  }

  function ensureRoom(ahead = 0): void {
    const waiting = Math.max(inLine, ahead) + 1 - atOnce
    const waitMs = (waiting / atOnce) * averageMs
    // Where nobody waits there is room, however slow the hashes are just now.
    if (waiting <= 0 || waitMs <= longestWaitMs) return
    watcher?.turnedAway()
    throw new Problem(
      'unavailable',
      'Too many people are signing in at this moment. Please try again in a few seconds.',
      { retryAfter: Math.ceil(waitMs / second) },
    )
  }

  return {
    hash: (password) => inTurn(() => hash(password, cost)),
    async verify(stored, password) {
      const read = readHash(stored ?? nobodys)
      if ('refused' in read) return false
      // Unknown addresses pay for Argon2 too: a faster no would tell which addresses have accounts.
      const fits = await inTurn(() => read.verify(password))
      return fits && stored !== undefined
    },
    async inLine(work) {
      ensureRoom()
      inLine += 1
      try {
        return await work()
      } finally {
        inLine -= 1
      }
    },
    ensureRoom,
    get length() {
      return inLine
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
