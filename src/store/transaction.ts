import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import pg from 'pg'
import { DatabaseUnavailableError } from './errors.ts'
import type { Schema } from './schema.ts'

/** Two that clash go on after the first pause; more is for many at once. */
const maxAttempts = 6

/** Milliseconds at most before the second try; twice as many before each further one. */
const firstBackoffMs = 20

/**
 * Runs `work` in a transaction: all of it or nothing. The only way to open one.
 *
 * Two transactions can wait for each other, or have seen what the other changed. PostgreSQL then
 * ends one of them, and here its work is done again from the start. So there is nothing in `work`
 * but SQL and reckoning: what it hands out goes out as its result, not into variables around it.
 *
 * @throws Unavailable if it clashed again and again
 */
export async function transaction<Result>(
  db: Kysely<Schema>,
  work: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (!isConflict(error)) throw error
      if (attempt === maxAttempts) throw new DatabaseUnavailableError(error)
      // By chance, so that the same two don't meet again.
      await sleep(Math.random() * firstBackoffMs * 2 ** (attempt - 1))
    }
  }
}

/** deadlock_detected, serialization_failure (PostgreSQL's manual, Appendix A). */
function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['40P01', '40001'].includes(error.code ?? '')
}
