import { sql } from 'kysely'
import { now, secondsUntil } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { RunTransaction, Tx } from '../store/transaction.ts'

/** At most `max` hits per key within any window of `windowMs`. */
export interface RateLimit {
  name: string
  max: number
  /** The source of a maximum that replaces `max`, in words, if a setting decides. */
  maxSetting?: string
  /** Milliseconds. The window slides; it is not an hour of the clock. */
  windowMs: number
  problem: Extract<ProblemCode, 'too_many_attempts' | 'too_many_messages' | 'sms_unavailable'>
  /** The key, in words: the table in docs/rate-limits.md shows it. */
  countedBy: string
  /** The beginning of the sentence that refuses, instead of that of the problem. */
  detailStart?: string
  /** Logged as an error whenever the limit refuses, where that concerns the operator. */
  alarm?: string
}

/** The hits of one limit for one key. */
export interface Bucket {
  limit: RateLimit
  key: string
  /** Replaces the limit's own maximum: a setting decides. */
  max?: number
}

/** Hits that were consumed, so that they can be refunded. */
export interface Reservation {
  ids: string[]
  /** How many more hits every bucket takes now. */
  remaining: number
}

export interface RateLimiter {
  /**
   * Counts one hit in every bucket, or in none if one of them is full. Exact under concurrency and
   * across nodes.
   *
   * @throws Problem with `retryAfter` if a bucket is full
   */
  consume(tx: Tx, ...buckets: Bucket[]): Promise<Reservation>
  /**
   * Verifies a guess, and counts it in the transaction of its answer: one commit instead of two. No
   * answer leaves before its guess is counted, so of concurrent guesses, on any number of nodes, only as
   * many get one as the buckets take; the others get `too_many_attempts`, even if they are right. A guess
   * whose process dies before the commit is not counted, and not answered.
   *
   * Before it is verified, the buckets are read, so that guesses beyond a limit cost no hash. If an
   * answer could not be stored, the next guess is counted by a commit of its own before it is verified:
   * while the database takes no writes, nothing is verified, and response times reveal nothing.
   *
   * @param guess.answer gets the result of `verify`, and calls `countWrong` unless the guess is right
   * @throws Problem with `retryAfter` if a bucket is full
   */
  guess<Verified, Result>(
    deps: { db: Db; transaction: RunTransaction },
    buckets: Bucket[],
    guess: {
      verify: () => Promise<Verified>
      answer: (tx: Tx, verified: Verified, countWrong: () => Promise<void>) => Promise<Result>
    },
  ): Promise<Result>
  /** Takes hits back: a correct guess does not count. */
  refund(tx: Tx, reservation: Reservation): Promise<void>
  /**
   * Counts one success, in one statement. Exact while the transaction has locked whatever the key names.
   *
   * @throws Problem with `retryAfter` if the bucket is full
   */
  countSuccess(tx: Tx, bucket: Bucket): Promise<void>
  /** Forgets the hits of buckets. */
  clear(tx: Tx, ...buckets: Bucket[]): Promise<void>
  /**
   * Checks a limit whose hits another table has.
   *
   * @param hitAt when the latest hit but `max - 1` was; null if there are fewer
   * @throws Problem with `retryAfter` if that is within the window
   */
  check(limit: RateLimit, hitAt: number | null): void
}

/** @param options.enabled false counts nothing, for load tests */
export function createRateLimiter({ enabled, log }: { enabled: boolean; log: Log }): RateLimiter {
  /** Whether the database took the last answer. */
  let takesWrites = true

  /**
   * Locks buckets until the transaction ends, in one order, so that two transactions cannot wait for
   * each other.
   *
   * @returns how many hits every bucket takes, at least one. @throws Problem if one is full
   */
  async function lockRemaining(tx: Tx, buckets: Bucket[]): Promise<number> {
    let remaining = Number.POSITIVE_INFINITY
    if (!enabled) return remaining
    for (const bucket of buckets.toSorted((a, b) => (hitKeyOf(a) < hitKeyOf(b) ? -1 : 1))) {
      await advisoryLock(tx, hitKeyOf(bucket))
      remaining = Math.min(remaining, await ensureRemaining(tx, log, bucket))
    }
    return remaining
  }

  /** Counts a hit in each bucket. @returns the ids of the hits */
  async function insertHits(tx: Tx, buckets: Bucket[]): Promise<string[]> {
    if (!enabled) return []
    const rows = buckets.map((bucket) => ({ id: newId(), key: hitKeyOf(bucket), at: tx.now() }))
    await tx.insertInto('rate_limit_hit').values(rows).execute()
    return rows.map(({ id }) => id)
  }

  async function consume(tx: Tx, ...buckets: Bucket[]): Promise<Reservation> {
    const remaining = (await lockRemaining(tx, buckets)) - 1
    return { ids: await insertHits(tx, buckets), remaining }
  }

  async function refund(tx: Tx, { ids }: Reservation): Promise<void> {
    if (ids.length > 0) await tx.deleteFrom('rate_limit_hit').where('id', 'in', ids).execute()
  }

  return {
    consume,
    refund,

    async guess({ db, transaction }, buckets, { verify, answer }) {
      let reservation: Reservation | undefined
      if (!takesWrites) {
        reservation = await transaction((tx) => consume(tx, ...buckets))
        takesWrites = true
      } else if (enabled) {
        for (const bucket of buckets) await ensureRemaining(db, log, bucket)
      }
      const verified = await verify()
      try {
        return await transaction(async (tx) => {
          if (reservation) await refund(tx, reservation)
          await lockRemaining(tx, buckets)
          return answer(tx, verified, async () => void (await insertHits(tx, buckets)))
        })
      } catch (error) {
        if (!(error instanceof Problem) || error.code === 'unavailable') takesWrites = false
        throw error
      }
    },

    async countSuccess(tx, bucket) {
      if (!enabled) return
      const { limit } = bucket
      const key = hitKeyOf(bucket)
      const { rows } = await sql`
        insert into rate_limit_hit (id, key, at)
        select ${newId()}, ${key}, cast(${tx.now()} as bigint)
        where ${limit.max} > (
          select count(*) from rate_limit_hit where key = ${key} and at > ${tx.now() - limit.windowMs}
        )
        returning id
      `.execute(tx)
      if (rows.length === 0) await ensureRemaining(tx, log, bucket)
    },

    async clear(tx, ...buckets) {
      await tx.deleteFrom('rate_limit_hit').where('key', 'in', buckets.map(hitKeyOf)).execute()
    },

    check(limit, hitAt) {
      const freeAt = (hitAt ?? 0) + limit.windowMs
      if (enabled && freeAt > now()) throw limitReached(limit, freeAt)
    },
  }
}

/** Hits of a bucket within its window. */
export async function countHits(db: Db | Tx, { limit, key }: Bucket): Promise<number> {
  const hits = { key: hitKeyOf({ limit, key }), since: now() - limit.windowMs }
  const [{ count } = { count: 0 }] = await countSince(db, hits)
  return count
}

const countSince = prepared((db, { key, since }: { key: string; since: number }) =>
  db
    .selectFrom('rate_limit_hit')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('key', '=', key)
    .where('at', '>', since),
)

const hitKeyOf = ({ limit, key }: Bucket) => `${limit.name} ${key}`

/** @returns how many hits the bucket takes, at least one. @throws Problem if it is full */
async function ensureRemaining(db: Db | Tx, log: Log, bucket: Bucket): Promise<number> {
  const { limit, max = limit.max } = bucket
  const count = await countHits(db, bucket)
  if (count < max) return max - count

  if (limit.alarm) log.error({ max }, limit.alarm)
  const freeing = await db
    .selectFrom('rate_limit_hit')
    .select('at')
    .where('key', '=', hitKeyOf(bucket))
    .where('at', '>', now() - limit.windowMs)
    .orderBy('at', 'desc')
    .offset(Math.max(0, max - 1))
    .limit(1)
    .executeTakeFirst()
  throw limitReached(limit, (freeing?.at ?? now()) + limit.windowMs)
}

function limitReached({ problem, detailStart = detailStarts[problem] }: RateLimit, freeAt: number) {
  const retryAfter = secondsUntil(freeAt)
  return new Problem(problem, `${detailStart} ${formatSeconds(retryAfter)}.`, { retryAfter })
}

const detailStarts = {
  too_many_attempts: 'Too many attempts. Please try again in',
  too_many_messages:
    'Too many codes requested. Please use the newest one, or request another one in',
  sms_unavailable:
    'Text messages can’t be sent right now. Please choose another way, or try again in',
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}

/** For `catch`: skips an optional step whose limit is reached. */
export function ignoreIfRateLimited(error: unknown): undefined {
  if (error instanceof Problem && Object.hasOwn(detailStarts, error.code)) return undefined
  throw error
}
