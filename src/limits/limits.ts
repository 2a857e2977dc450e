import { hour, now, secondsUntil } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import { type Db, serialize, type Tx } from '../store/open.ts'

/** So many in so long, for each of what it is counted by. */
export interface Limit {
  name: string
  most: number
  /** Milliseconds. Any stretch of this length counts, not the hours of a clock. */
  within: number
  problem: Extract<ProblemCode, 'too_many_attempts' | 'too_many_messages' | 'sms_unavailable'>
  /** What the operator is told whenever it stops somebody, where that is the operator's concern. */
  alarm?: string
}

/** One limit, and whom it is counted for. */
export interface Check {
  limit: Limit
  of: string
}

/** What was counted, to be given back if it turns out not to count. */
export interface Taken {
  ids: string[]
  /** How many more there is room for now. */
  left: number
}

export interface Limits {
  /**
   * Counts one against each, or against none if any is used up. It is exact, however many ask at
   * once and at whichever node.
   *
   * @throws Problem with `retryAfter`
   */
  take(tx: Tx, ...checks: Check[]): Promise<Taken>
  /** For guesses that were right: only wrong ones count. */
  giveBack(tx: Tx, taken: Taken): Promise<void>
}

/**
 * Wrong passwords that are brought with a session, wherever it is asked for: nobody without that
 * session can use them up.
 */
export const wrongPasswordsInSession: Limit = {
  name: 'wrong-passwords-session',
  most: 10,
  within: hour,
  problem: 'too_many_attempts',
}

/** @param on false counts nothing, for load tests */
export function createLimits({ on, log }: { on: boolean; log: Log }): Limits {
  return {
    async take(tx, ...checks) {
      if (!on) return { ids: [], left: Number.POSITIVE_INFINITY }
      const subjects = checks.map((check) => ({
        ...check,
        subject: subjectOf(check),
      }))
      // Always in the same order, so that two who wait for each other's names cannot be.
      subjects.sort((a, b) => (a.subject < b.subject ? -1 : 1))
      let left = Number.POSITIVE_INFINITY
      for (const { limit, subject } of subjects) {
        await serialize(tx, subject)
        left = Math.min(left, (await roomIn(tx, log, limit, subject)) - 1)
      }
      const rows = subjects.map(({ subject }) => ({ id: newId(), key: subject, at: now() }))
      await tx.insertInto('rate_limit_hit').values(rows).execute()
      return { ids: rows.map((row) => row.id), left }
    },

    async giveBack(tx, { ids }) {
      if (ids.length > 0) await tx.deleteFrom('rate_limit_hit').where('id', 'in', ids).execute()
    },
  }
}

/** How many count against it now. */
export async function counted(db: Db, { limit, of }: Check): Promise<number> {
  const { count } = await db
    .selectFrom('rate_limit_hit')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('key', '=', subjectOf({ limit, of }))
    .where('at', '>', now() - limit.within)
    .executeTakeFirstOrThrow()
  return count
}

const subjectOf = ({ limit, of }: Check) => `${limit.name} ${of}`

/** @returns how many there is room for, one or more. @throws Problem if there is none */
async function roomIn(tx: Tx, log: Log, limit: Limit, subject: string): Promise<number> {
  const latest = await tx
    .selectFrom('rate_limit_hit')
    .select('at')
    .where('key', '=', subject)
    .where('at', '>', now() - limit.within)
    .orderBy('at', 'desc')
    .limit(Math.max(1, limit.most))
    .execute()
  if (latest.length < limit.most) return limit.most - latest.length

  if (limit.alarm) log.error({ most: limit.most }, limit.alarm)
  const frees = (latest.at(-1)?.at ?? now()) + limit.within
  const retryAfter = secondsUntil(frees)
  throw new Problem(limit.problem, `${sentence[limit.problem]} ${inWords(retryAfter)}.`, {
    retryAfter,
  })
}

const sentence = {
  too_many_attempts: 'There were too many attempts. Please try again in',
  too_many_messages:
    'There were too many codes asked for. Use the newest that came, or ask again in',
  sms_unavailable: 'No text can be sent now. Please choose another way, or try again in',
}

function inWords(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? 'a second' : `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}

/** For `catch`: where a limit is reached, what was to be done is left out. */
export function unlessTooMany(error: unknown): undefined {
  if (error instanceof Problem && Object.hasOwn(sentence, error.code)) return undefined
  throw error
}
