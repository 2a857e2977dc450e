import { randomBytes } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { second } from './clock.ts'
import { toBase64 } from './password-hash-formats/hash-format.ts'
import { parseHash } from './password-hash-formats/parse-hash.ts'
import { Problem } from './problem.ts'
import { createSemaphore } from './semaphore.ts'

/** OWASP's choice for Argon2id (the library's default kind): 19 MiB, two passes, one lane; 8 ms. */
const argon2Parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** How each hash of ours begins; salt and digest follow. */
const currentPrefix = `$argon2id$v=19$m=${argon2Parameters.memoryCost},t=${argon2Parameters.timeCost},p=${argon2Parameters.parallelism}$`

/** NIST asks for 64 characters at least (SP 800-63B-4 §3.1.1.2). More than this is no password. */
export const maxPasswordBytes = 1024

/** How much the newest hash counts in the average: the last twenty or so decide. */
const newestWeight = 0.1

/** Password hashes, made and checked off the main thread. */
export interface PasswordHasher {
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
  withSlot<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * @param queuedElsewhere who waits for the same in another line, if there is one
   * @throws Problem `unavailable` if whoever comes now would wait for too long
   */
  assertCapacity(queuedElsewhere?: number): void
  /** How many have a place in the line now: those whose turn it is, and those who wait. */
  readonly pending: number
}

/** Whoever watches from outside. */
export interface HashingObserver {
  hashed(ms: number): void
  rejected(): void
}

/**
 * @param concurrency how many hashes run at the same time: one a core is fastest for all
 * @param maxWaitMs nobody is let into a line that is longer than this
 */
export async function createPasswordHasher(
  concurrency: number,
  maxWaitMs = Number.POSITIVE_INFINITY,
  observer?: HashingObserver,
): Promise<PasswordHasher> {
  const semaphore = createSemaphore(concurrency)
  const startedAt = performance.now()
  const dummyHash = await hash('nobody’s password', argon2Parameters)
  let averageMs = performance.now() - startedAt
  let inLine = 0

  function runMeasured<Result>(work: () => Promise<Result>): Promise<Result> {
    return semaphore.run(async () => {
      const startedAt = performance.now()
      const result = await work()
      const ms = performance.now() - startedAt
      averageMs += newestWeight * (ms - averageMs)
      observer?.hashed(ms)
      return result
    })
  }

  function assertCapacity(queuedElsewhere = 0): void {
    const waiting = Math.max(inLine, queuedElsewhere) + 1 - concurrency
    const expectedWaitMs = (waiting / concurrency) * averageMs
    // Where nobody waits there is room, however slow the hashes are just now.
    if (waiting <= 0 || expectedWaitMs <= maxWaitMs) return
    observer?.rejected()
    throw new Problem(
      'unavailable',
      'Too many people are signing in at this moment. Please try again in a few seconds.',
      { retryAfter: Math.ceil(expectedWaitMs / second) },
    )
  }

  return {
    hash: (password) => runMeasured(() => hash(password, argon2Parameters)),
    async verify(stored, password) {
      const parsed = parseHash(stored ?? dummyHash)
      if ('refused' in parsed) return false
      // Unknown addresses pay for Argon2 too: a faster no would tell which addresses have accounts.
      const matches = await runMeasured(() => parsed.verify(password))
      return matches && stored !== undefined
    },
    async withSlot(work) {
      assertCapacity()
      inLine += 1
      try {
        return await work()
      } finally {
        inLine -= 1
      }
    },
    assertCapacity,
    get pending() {
      return inLine
    },
  }
}

/** Whether a hash is as we would make it now. One of another form or price is to be made anew. */
export function isCurrentFormat(stored: string): boolean {
  return stored.startsWith(currentPrefix)
}

/** Marks, in the place of the salt, that a hash is nobody's. */
const unusableSalt = toBase64(Buffer.from('no password yet.'))

/** The hash of an account without a password: all are wrong, and a no takes as long as any. */
export function unusablePassword(): string {
  return `${currentPrefix}${unusableSalt}$${toBase64(randomBytes(32))}`
}

export function isUnusablePassword(stored: string): boolean {
  return stored.startsWith(`${currentPrefix}${unusableSalt}$`)
}
