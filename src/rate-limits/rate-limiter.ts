import { hour, now, secondsUntil } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'

/** So many in so long, for each of what it is counted by. */
export interface RateLimit {
  name: string
  max: number
  /** Milliseconds. Any stretch of this length counts, not the hours of a clock. */
  windowMs: number
  problem: Extract<ProblemCode, 'too_many_attempts' | 'too_many_messages' | 'sms_unavailable'>
  /** What the operator is told whenever it stops somebody, where that is the operator's concern. */
  alarm?: string
}

/** One limit, and whom it is counted for. */
export interface Bucket {
  limit: RateLimit
  key: string
}

/** What was counted, to be given back if it turns out not to count. */
export interface Reservation {
  ids: string[]
  /** How many more there is room for now. */
  remaining: number
}

export interface RateLimiter {
  /**
   * Counts one against each, or against none if any is used up. It is exact, however many ask at
   * once and at whichever node.
   *
   * @throws Problem with `retryAfter`
   */
  consume(tx: Tx, ...buckets: Bucket[]): Promise<Reservation>
  /** For guesses that were right: only wrong ones count. */
  refund(tx: Tx, reservation: Reservation): Promise<void>
}

/**
 * Wrong passwords that are brought with a session, wherever it is asked for: nobody without that
 * session can use them up.
 */
export const wrongPasswordsInSession: RateLimit = {
  name: 'wrong-passwords-session',
  max: 10,
  windowMs: hour,
  problem: 'too_many_attempts',
}

/** @param on false counts nothing, for load tests */
export function createRateLimiter({ enabled, log }: { enabled: boolean; log: Log }): RateLimiter {
  return {
    async consume(tx, ...buckets) {
      if (!enabled) return { ids: [], remaining: Number.POSITIVE_INFINITY }
      const subjects = buckets.map((bucket) => ({
        ...bucket,
        subject: subjectOf(bucket),
      }))
      // Always in the same order, so that two who wait for each other's names cannot be.
      subjects.sort((a, b) => (a.subject < b.subject ? -1 : 1))
      let remaining = Number.POSITIVE_INFINITY
      for (const { limit, subject } of subjects) {
        await advisoryLock(tx, subject)
        remaining = Math.min(remaining, (await ensureRemaining(tx, log, limit, subject)) - 1)
      }
      const rows = subjects.map(({ subject }) => ({ id: newId(), key: subject, at: now() }))
      await tx.insertInto('rate_limit_hit').values(rows).execute()
      return { ids: rows.map((row) => row.id), remaining }
    },

    async refund(tx, { ids }) {
      if (ids.length > 0) await tx.deleteFrom('rate_limit_hit').where('id', 'in', ids).execute()
    },
  }
}

/** How many count against it now. */
export async function countHits(db: Db, { limit, key }: Bucket): Promise<number> {
  const { count } = await db
    .selectFrom('rate_limit_hit')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('key', '=', subjectOf({ limit, key }))
    .where('at', '>', now() - limit.windowMs)
    .executeTakeFirstOrThrow()
  return count
}

const subjectOf = ({ limit, key }: Bucket) => `${limit.name} ${key}`

/** @returns how many there is room for, one or more. @throws Problem if there is none */
async function ensureRemaining(
  tx: Tx,
  log: Log,
  limit: RateLimit,
  subject: string,
): Promise<number> {
  const latestHits = await tx
    .selectFrom('rate_limit_hit')
    .select('at')
    .where('key', '=', subject)
    .where('at', '>', tx.now() - limit.windowMs)
    .orderBy('at', 'desc')
    .limit(Math.max(1, limit.max))
    .execute()
  if (latestHits.length < limit.max) return limit.max - latestHits.length

  if (limit.alarm) log.error({ most: limit.max }, limit.alarm)
  const freedAt = (latestHits.at(-1)?.at ?? tx.now()) + limit.windowMs
  const retryAfter = secondsUntil(freedAt)
  throw new Problem(limit.problem, `${detailStart[limit.problem]} ${formatSeconds(retryAfter)}.`, {
    retryAfter,
  })
}

const detailStart = {
  too_many_attempts: 'There were too many attempts. Please try again in',
  too_many_messages:
    'There were too many codes asked for. Use the newest that came, or ask again in',
  sms_unavailable: 'No text can be sent now. Please choose another way, or try again in',
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}

/** For `catch`: where a limit is reached, what was to be done is left out. */
export function ignoreIfRateLimited(error: unknown): undefined {
  if (error instanceof Problem && Object.hasOwn(detailStart, error.code)) return undefined
  throw error
}
