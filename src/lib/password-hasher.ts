import { randomBytes } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import { second } from './clock.ts'
import { createFairSemaphore } from './fair-semaphore.ts'
import { toBase64 } from './password-hash-formats/hash-format.ts'
import { parseHash } from './password-hash-formats/parse-hash.ts'
import { Problem } from './problem.ts'
import { createSemaphore } from './semaphore.ts'

/** Parameters of Argon2id (RFC 9106 §3.1), except for the one lane. */
export interface HashCost {
  /** KiB. */
  memoryCost: number
  /** Passes over the memory. */
  timeCost: number
}

/** OWASP’s parameters (the library’s default); a hash takes 8 ms. */
export const owaspHashCost: HashCost = { memoryCost: 19_456, timeCost: 2 }

/** The prefix of Argon2id hashes of a cost; salt and digest follow. */
function prefixOf({ memoryCost, timeCost }: HashCost): string {
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=1$`
}

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
  /** Whether a hash has the format and cost of new ones. Any other is due for rehashing. */
  isCurrent(stored: string): boolean
  /**
   * Waits for a slot, and holds it while `work` runs, which hashes. Clients take turns
   * (`FairSemaphore`). Enter it before consuming rate limits, so that a rejected caller has used up
   * none.
   *
   * @param client the known device of the account or, without one, the network of the request
   * @throws Problem `unavailable` if the queue is full, for the newest caller of its longest line
   */
  withSlot<Result>(client: string, work: () => Promise<Result>): Promise<Result>
  /** The number of callers that hold a slot or wait for one. */
  readonly pending: number
}

/** Receives measurements, for metrics. */
export interface HashingObserver {
  hashed(ms: number): void
  rejected(): void
}

/**
 * @param options.concurrency hashes in flight
 * @param options.maxWaitMs the queue is full when the last caller would wait longer than this
 * @param options.cost cost of new hashes
 */
export async function createPasswordHasher({
  concurrency,
  maxWaitMs = Number.POSITIVE_INFINITY,
  cost = owaspHashCost,
  observer,
}: {
  concurrency: number
  maxWaitMs?: number
  cost?: HashCost
  observer?: HashingObserver
}): Promise<PasswordHasher> {
  const semaphore = createSemaphore(concurrency)
  const startedAt = performance.now()
  const dummyHash = await hash('nobody’s password', cost)
  let averageMs = performance.now() - startedAt

  // Twice the hashes that run: while one caller hashes, another reads and writes the database.
  const slotCount = 2 * concurrency
  const slots = createFairSemaphore({
    permits: slotCount,
    // However slow hashing is, some may wait: only then does a flood yield places to others.
    maxWaiting: () =>
      Math.max(slotCount, (maxWaitMs / averageMs) * concurrency - (slotCount - concurrency)),
    turnAway() {
      observer?.rejected()
      const expectedWaitMs = (slots.pending / concurrency) * averageMs
      return new Problem(
        'unavailable',
        'Too many people are signing in right now. Please try again in a few seconds.',
        { retryAfter: Math.ceil(expectedWaitMs / second) },
      )
    },
  })

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

  return {
    isCurrent: (stored) => stored.startsWith(prefixOf(cost)),
    hash: (password) => runMeasured(() => hash(password, cost)),
    async verify(stored, password) {
      const parsed = parseHash(stored ?? dummyHash)
      if ('refused' in parsed) return false
      // Unknown addresses cost an Argon2 hash too: a faster rejection would reveal which have accounts.
      const matches = await runMeasured(() => parsed.verify(password))
      return matches && stored !== undefined
    },
    withSlot: (client, work) => slots.run(client, work),
    get pending() {
      return slots.pending
    },
  }
}

/** The salt that marks a hash as unusable. */
const unusableSalt = toBase64(Buffer.from('no password yet.'))
const unusablePrefix = `${prefixOf(owaspHashCost)}${unusableSalt}$`

/** The hash of an account without a password: matches nothing and takes as long to verify. */
export function unusablePassword(): string {
  return `${unusablePrefix}${toBase64(randomBytes(32))}`
}

export function isUnusablePassword(stored: string): boolean {
  return stored.startsWith(unusablePrefix)
}
