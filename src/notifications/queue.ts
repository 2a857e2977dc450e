import { type Kysely, sql } from 'kysely'
import { now, second } from '../lib/clock.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Schema } from '../store/schema.ts'

/** The columns that every queue has. Times are milliseconds since 1970. */
export interface QueuedRow {
  id: string
  created_at: number
  /** When the row is due, or until when a node has leased it; by the database's clock. */
  next_attempt_at: number
  /** Raised by each claim. */
  attempts: number
  /** The message is worthless after this; null or missing if it never is. */
  expires_at?: number | null
}

/** A table of messages to deliver. Any number of nodes may work on one. */
export interface Queue<Row extends QueuedRow> {
  /** Leases at most `limit` due rows to this node, for as long as it extends the lease. */
  claim(limit: number): Promise<Row[]>
  extendLease(ids: string[]): Promise<void>
  /** Records the outcome of an attempt. */
  complete(row: Row, outcome: AttemptOutcome): Promise<void>
}

/** The outcome of one attempt to deliver a message. */
export type AttemptOutcome =
  | { status: 'sent' }
  /** The message stays in the dev inbox and counts as sent. */
  | { status: 'captured' }
  | { status: 'retry'; reason: string; retryInMs: number }
  | { status: 'failed'; reason: string }
  /** The code in the message no longer works. */
  | { status: 'expired' }

/** Another node may claim the messages of a node that died after this time. */
const leaseMs = 10 * second

/** Two extensions in a row may fail before a lease ends. */
export const extendLeaseEveryMs = 3 * second

/** The end of a lease that begins now. */
export function leaseEnd(db: Kysely<Schema>) {
  return sql<number>`${databaseNow(db)} + ${leaseMs}`
}

/** The new values of a row after an attempt. */
export function outcomeColumns(db: Kysely<Schema>, outcome: AttemptOutcome) {
  switch (outcome.status) {
    case 'sent':
      return { sent_at: now(), last_error: null }
    case 'captured':
      return { sent_at: now() }
    case 'expired':
      return { failed_at: now(), last_error: 'expired' }
    case 'failed':
      return { failed_at: now(), last_error: outcome.reason }
    case 'retry': {
      const next_attempt_at = sql<number>`${databaseNow(db)} + ${outcome.retryInMs}`
      return { next_attempt_at, last_error: outcome.reason }
    }
  }
}

/** Whether the attempt delivered the message: this holds whichever node has claimed it since. */
export function isDelivered({ status }: AttemptOutcome): boolean {
  return status === 'sent' || status === 'captured'
}
