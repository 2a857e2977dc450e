import { sql } from 'kysely'
import { now, secondsUntil } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import { compileOnce } from '../store/compile-once.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'

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
  return {
    async consume(tx, ...buckets) {
      if (!enabled) return { ids: [], remaining: Number.POSITIVE_INFINITY }
      const keyed = buckets.map((bucket) => ({ ...bucket, hitKey: hitKeyOf(bucket) }))
      // Locked in one order, so that two transactions cannot wait for each other.
      keyed.sort((a, b) => (a.hitKey < b.hitKey ? -1 : 1))
      let remaining = Number.POSITIVE_INFINITY
      for (const bucket of keyed) {
        await advisoryLock(tx, bucket.hitKey)
        remaining = Math.min(remaining, (await ensureRemaining(tx, log, bucket)) - 1)
      }
      const rows = keyed.map(({ hitKey }) => ({ id: newId(), key: hitKey, at: tx.now() }))
      await tx.insertInto('rate_limit_hit').values(rows).execute()
      return { ids: rows.map((row) => row.id), remaining }
    },

    async refund(tx, { ids }) {
      if (ids.length > 0) await tx.deleteFrom('rate_limit_hit').where('id', 'in', ids).execute()
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
      if (rows.length === 0) await ensureRemaining(tx, log, { ...bucket, hitKey: key })
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
export async function countHits(db: Db, { limit, key }: Bucket): Promise<number> {
  return (await countSince(db, hitKeyOf({ limit, key }), now() - limit.windowMs))?.count ?? 0
}

const countSince = compileOnce((db, key: string, since: number) =>
  db
    .selectFrom('rate_limit_hit')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('key', '=', key)
    .where('at', '>', since),
)

const hitKeyOf = ({ limit, key }: Bucket) => `${limit.name} ${key}`

/** @returns how many hits the bucket takes, at least one. @throws Problem if it is full */
async function ensureRemaining(
  tx: Tx,
  log: Log,
  { limit, hitKey, max = limit.max }: Bucket & { hitKey: string },
): Promise<number> {
  const since = tx.now() - limit.windowMs
  const count = (await countSince(tx, hitKey, since))?.count ?? 0
  if (count < max) return max - count

  if (limit.alarm) log.error({ max }, limit.alarm)
  const freeing = await tx
    .selectFrom('rate_limit_hit')
    .select('at')
    .where('key', '=', hitKey)
    .where('at', '>', since)
    .orderBy('at', 'desc')
    .offset(Math.max(0, max - 1))
    .limit(1)
    .executeTakeFirst()
  throw limitReached(limit, (freeing?.at ?? tx.now()) + limit.windowMs)
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
