import { PostgresAdapter, type RawBuilder, sql } from 'kysely'
import { now } from '../lib/clock.ts'
import type { Db } from './open.ts'
import type { Tx } from './transaction.ts'

/**
 * What time it is by the one clock that all nodes share, as part of a statement: milliseconds since
 * 1970. For what nodes must agree on, such as who has a message in hand and for how long.
 *
 * A SQLite file has one machine, and its clock is ours.
 */
export function databaseNow(db: Db | Tx): RawBuilder<number> {
  return db.getExecutor().adapter instanceof PostgresAdapter
    ? // The beginning of the statement, not of the transaction, which may have waited for a lock.
      sql`(extract(epoch from statement_timestamp()) * 1000)::bigint`
    : sql`${now()}`
}
