import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import pg from 'pg'
import { now } from '../lib/clock.ts'
import type { EmitEvent, MetricEvent } from '../lib/metric-events.ts'
import { DatabaseUnavailableError } from './errors.ts'
import type { Schema } from './schema.ts'

/**
 * The one context of a rule: SQL, and what belongs to the transaction. Inside a transaction use
 * nothing but its context: SQLite has one connection, and the transaction holds it.
 */
export type Tx = Transaction<Schema> & TransactionContext

export interface TransactionContext {
  readonly keyring: Sealer
  /** Milliseconds since 1970. */
  now(): number
  /** Reports an event once the transaction has committed; a rollback drops it. */
  emit(event: MetricEvent): void
  /** Whether activity is enqueued for the webhook receiver, too. */
  readonly webhooksEnabled: boolean
}

/** Seals, opens and hashes values: the part of the keyring that a rule needs. */
export interface Sealer {
  seal(plain: string, context: string): string
  open(sealed: string, context: string): string
  hash(value: string, purpose: string): string
  hashWithAllKeys(value: string, purpose: string): string[]
}

/** Runs `work` in a transaction: all of it or nothing. */
export type RunTransaction = <Result>(work: (tx: Tx) => Promise<Result>) => Promise<Result>

/**
 * The function that opens every transaction of the service, with all that a rule is given.
 *
 * `work` runs again from the start after a conflict, so it holds nothing but SQL and arithmetic, and
 * returns its result instead of assigning to variables around it.
 *
 * @param deps.emit receives events after their commit
 * @param deps.webhooksEnabled whether a webhook receiver is configured
 */
export function createRunTransaction(deps: {
  db: Kysely<Schema>
  keyring: Sealer
  emit: EmitEvent
  webhooksEnabled: boolean
}): RunTransaction {
  const { db, keyring, webhooksEnabled } = deps
  return async (work) => {
    let events: MetricEvent[] = []
    const result = await retryOnConflict(db, (sql) => {
      events = []
      const emit = (event: MetricEvent) => void events.push(event)
      return work(Object.assign(sql, { keyring, now, emit, webhooksEnabled }))
    })
    for (const event of events) deps.emit(event)
    return result
  }
}

/** Two conflicting transactions go on after the first pause; more attempts are for many at once. */
const maxAttempts = 6

/** Milliseconds at most before the second attempt; doubled before each further one. */
const firstBackoffMs = 20

/**
 * Runs `work` in a transaction, and again if PostgreSQL ended it because of a conflict: two
 * transactions can wait for each other, or have read what the other changed.
 *
 * @throws DatabaseUnavailableError after `maxAttempts` conflicts
 */
export async function retryOnConflict<Result>(
  db: Kysely<Schema>,
  work: (sql: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (!isConflict(error)) throw error
      if (attempt === maxAttempts) throw new DatabaseUnavailableError(error)
      // At random, so that the same two do not meet again.
      await sleep(Math.random() * firstBackoffMs * 2 ** (attempt - 1))
    }
  }
}

/** deadlock_detected, serialization_failure (PostgreSQL's manual, Appendix A). */
function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['40P01', '40001'].includes(error.code ?? '')
}
