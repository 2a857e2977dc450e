import { PostgresDialect } from 'kysely'
import pg from 'pg'

/** Times and counts are far below 2^53, so they come as numbers, as they do from SQLite. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** Enough to keep the database busy from one process; more would only queue there. */
const connections = 10

/** @param url `postgres://user:password@host/database` */
export function postgres(url: string): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5000,
    // No statement of ours takes long: one that does is stuck, and everyone behind it too.
    statement_timeout: 10_000,
    idle_in_transaction_session_timeout: 10_000,
  })
  // A connection that breaks is replaced at the next query; the one it was busy with is told. Left
  // unheard, the same news would end the process: idle, it comes from the pool, busy, from the client.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new PostgresDialect({ pool })
}
