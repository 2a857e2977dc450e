import { randomBytes } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { second } from './clock.ts'
import { toBase64 } from './password-hash-formats/hash-format.ts'
import { parseHash } from './password-hash-formats/parse-hash.ts'
import { Problem } from './problem.ts'
import { createSemaphore } from './semaphore.ts'

/** OWASP’s parameters for Argon2id (the library’s default): 19 MiB, two passes, one lane; 8 ms. */
const argon2Parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** The prefix of hashes in the current format; salt and digest follow. */
const currentPrefix = `$argon2id$v=19$m=${argon2Parameters.memoryCost},t=${argon2Parameters.timeCost},p=${argon2Parameters.parallelism}$`

/** Well above the 64 characters that NIST requires services to accept (SP 800-63B-4 §3.1.1.2). */
export const maxPasswordBytes = 1024

/** The weight of the newest hash in the moving average: about the last twenty count. */
const newestWeight = 0.1

/** Hashes and verifies passwords off the main thread. */
export interface PasswordHasher {
  /** @returns a PHC string */
  hash(password: string): Promise<string>
  /**
   * Verifies a password.
   *
   * @param stored in any format that `parseHash` accepts; undefined for an unknown account, which
   * takes as long and returns false
   */
  verify(stored: string | undefined, password: string): Promise<boolean>
  /**
   * Holds a slot in the queue while `work` runs, which hashes. Enter it before consuming rate
   * limits, so that a rejected caller has used up none.
   *
   * @throws Problem `unavailable` immediately, as `assertCapacity` does
   */
  withSlot<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * Rejects a caller who would have to wait too long.
   *
   * @param queuedInOrder callers that wait in a queue of which each hashes after the one before
   * @throws Problem `unavailable` if the expected wait is longer than `maxWaitMs`
   */
  assertCapacity(queuedInOrder?: number): void
  /** The number of slots held now: by callers that hash and by those that wait. */
  readonly pending: number
}

/** Receives measurements, for metrics. */
export interface HashingObserver {
  hashed(ms: number): void
  rejected(): void
}

/**
 * @param concurrency number of concurrent hashes: one per core gives the best throughput
 * @param maxWaitMs longest expected wait at which a caller is still admitted
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
  let pending = 0

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

  function assertCapacity(queuedInOrder = 0): void {
    const rounds = Math.max((pending + 1 - concurrency) / concurrency, queuedInOrder)
    const expectedWaitMs = rounds * averageMs
    // An empty queue admits everyone, however slow hashing is at the moment.
    if (rounds <= 0 || expectedWaitMs <= maxWaitMs) return
    observer?.rejected()
    throw new Problem(
      'unavailable',
      'Too many people are signing in right now. Please try again in a few seconds.',
      { retryAfter: Math.ceil(expectedWaitMs / second) },
    )
  }

  return {
    hash: (password) => runMeasured(() => hash(password, argon2Parameters)),
    async verify(stored, password) {
      const parsed = parseHash(stored ?? dummyHash)
      if ('refused' in parsed) return false
      // Unknown addresses cost an Argon2 hash too: a faster rejection would reveal which have accounts.
      const matches = await runMeasured(() => parsed.verify(password))
      return matches && stored !== undefined
    },
    async withSlot(work) {
      assertCapacity()
      pending += 1
      try {
        return await work()
      } finally {
        pending -= 1
      }
    },
    assertCapacity,
    get pending() {
      return pending
    },
  }
}

/** Whether a hash has the current format and parameters. Any other is due for rehashing. */
export function isCurrentFormat(stored: string): boolean {
  return stored.startsWith(currentPrefix)
}

/** The salt that marks a hash as unusable. */
const unusableSalt = toBase64(Buffer.from('no password yet.'))

/** The hash of an account without a password: matches nothing and takes as long to verify. */
export function unusablePassword(): string {
  return `${currentPrefix}${unusableSalt}$${toBase64(randomBytes(32))}`
}

export function isUnusablePassword(stored: string): boolean {
  return stored.startsWith(`${currentPrefix}${unusableSalt}$`)
}
