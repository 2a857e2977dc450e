import { type RawBuilder, sql } from 'kysely'
import type { Db } from './open.ts'
import { isPostgres } from './postgres.ts'
import type { Tx } from './transaction.ts'

/**
 * The time of the database's clock as a part of a statement, in milliseconds since 1970. For times
 * that all nodes must agree on, such as the lease of a message.
 *
 * @param at the time of this machine, which SQLite uses: it has no clock of its own. A prepared query gets
 * it as a value, so that it does not keep the time at which it was compiled.
 */
export function databaseNow(db: Db | Tx, at: number): RawBuilder<number> {
  return isPostgres(db)
    ? // The start of the statement, not of the transaction, which may have waited for a lock.
      sql`(extract(epoch from statement_timestamp()) * 1000)::bigint`
    : sql`${at}`
}
