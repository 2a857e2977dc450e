import { type Kysely, sql } from 'kysely'
import { now, second } from '../lib/clock.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
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
  extendLeases(ids: string[]): Promise<void>
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

/** The tables that are queues. */
type QueueTable = 'outbox' | 'webhook_event' | 'app_logout'

/** Query over the due rows, the longest due first. Callers select the columns they need. */
export function selectDue(db: Kysely<Schema>, table: QueueTable) {
  return db
    .selectFrom(table)
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .where('next_attempt_at', '<=', databaseNow(db, now()))
    .orderBy('next_attempt_at')
    .orderBy('created_at')
}

/** The end of a lease that begins now. */
export function leaseEnd(db: Kysely<Schema>) {
  return sql<number>`${databaseNow(db, now())} + ${leaseMs}`
}

/** Extends the leases of rows that are still being delivered. */
export async function extendLeases(db: Db, table: QueueTable, ids: string[]): Promise<void> {
  await db
    .updateTable(table)
    .set({ next_attempt_at: leaseEnd(db) })
    .where('id', 'in', ids)
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    // A backoff that was set meanwhile ends later.
    .where('next_attempt_at', '<', leaseEnd(db))
    .execute()
}

/**
 * Query that records the outcome of an attempt. That a message was delivered holds whichever node has
 * claimed it since; a failure counts only if no other node has.
 */
export function outcomeQuery(
  db: Db,
  table: QueueTable,
  { id, attempts }: QueuedRow,
  outcome: AttemptOutcome,
) {
  const isDelivered = outcome.status === 'sent' || outcome.status === 'captured'
  return db
    .updateTable(table)
    .set(outcomeColumns(db, outcome))
    .where('id', '=', id)
    .$if(!isDelivered, (query) =>
      query.where('attempts', '=', attempts).where('sent_at', 'is', null),
    )
}

function outcomeColumns(db: Db, outcome: AttemptOutcome) {
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
      const next_attempt_at = sql<number>`${databaseNow(db, now())} + ${outcome.retryInMs}`
      return { next_attempt_at, last_error: outcome.reason }
    }
  }
}
