import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import { now } from '../lib/clock.ts'
import type { EmitEvent, MetricEvent } from '../lib/metric-events.ts'
import { DatabaseUnavailableError, isPostgresError } from './errors.ts'
import type { Schema } from './schema.ts'

/**
 * The one context of a rule: SQL, and everything else that belongs to its transaction. Code inside a
 * transaction runs SQL through this context alone: SQLite has one connection, which the transaction
 * holds.
 */
export type Tx = Transaction<Schema> & TransactionContext

export interface TransactionContext {
  readonly keyring: Sealer
  /** Milliseconds since 1970. */
  now(): number
  /** Reports an event after the commit. A rollback drops it. */
  emit(event: MetricEvent): void
  /** Whether activity is also enqueued for the webhook receiver. */
  readonly webhooksEnabled: boolean
}

/** Seals, opens and hashes values: the part of `Keyring` (keys/keyring.ts) that a rule needs. */
export interface Sealer {
  seal(plain: string, context: string): string
  open(sealed: string, context: string): string
  hash(value: string, purpose: string): string
  hashWithAllKeys(value: string, purpose: string): string[]
}

/** Runs `work` in a transaction, all of it or nothing, and returns its result. */
export type RunTransaction = <Result>(work: (tx: Tx) => Promise<Result>) => Promise<Result>

/**
 * Creates the function that opens every transaction of a rule, with the context that rules get.
 *
 * `work` runs again from the start after a conflict, so it holds nothing but SQL and arithmetic, and
 * returns its result instead of assigning to variables around it.
 *
 * @param deps.emit receives the events of a transaction after its commit
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
    const { result, events } = await retryOnConflict(db, async (tx) => {
      // Each attempt collects its own events, so that those of an attempt before it are dropped.
      const events: MetricEvent[] = []
      const emit = (event: MetricEvent) => void events.push(event)
      const result = await work(Object.assign(tx, { keyring, now, emit, webhooksEnabled }))
      return { result, events }
    })
    for (const event of events) deps.emit(event)
    return result
  }
}

/** A conflict of two is over after one more attempt; further attempts are for many at once. */
const maxAttempts = 6

/** The longest pause before the second attempt, in milliseconds; doubles with each further one. */
const firstBackoffMs = 20

/**
 * Runs SQL in a transaction without the context of a rule, for keys, webhook events and maintenance,
 * and runs it again when PostgreSQL ended it because of a conflict: two transactions waited for each
 * other (deadlock), or each read what the other one changed (serialization failure).
 *
 * @throws DatabaseUnavailableError after `maxAttempts` conflicts
 */
export async function retryOnConflict<Result>(
  db: Kysely<Schema>,
  work: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (!isConflict(error)) throw error
      if (attempt === maxAttempts) throw new DatabaseUnavailableError(error)
      // Random, so that the same transactions do not meet again.
      await sleep(Math.random() * firstBackoffMs * 2 ** (attempt - 1))
    }
  }
}

/** deadlock_detected, serialization_failure (PostgreSQL's manual, Appendix A). */
function isConflict(error: unknown): boolean {
  return isPostgresError(error) && ['40P01', '40001'].includes(error.code ?? '')
}
