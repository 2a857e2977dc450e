import { connect as connectTo } from 'node:net'
import {
  type Kysely,
  PostgresAdapter,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely'
import type { PoolClient } from 'pg'
import { createSemaphore } from '../lib/semaphore.ts'
import { classifyPostgresError, DatabaseUnavailableError, isDurableWrite } from './errors.ts'
import type { OutageLog } from './outage-log.ts'
import { createStatementNames } from './prepared-statements.ts'
import type { Schema } from './schema.ts'

export function isPostgres(db: Kysely<Schema>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

/** Enough to keep the database busy from one process; more connections would only queue there. */
const poolSize = 10

/** How long a statement waits for a free connection while the database is busy but answers. */
const acquireTimeoutMs = 15_000

const connectTimeoutMs = 5000

/** Statements of the service take milliseconds. A longer one is stuck, and blocks others. */
const statementTimeoutMs = 5000

/** Without an answer by then, the statement is cancelled: no timeout is set outside of transactions. */
const cancelAfterMs = 6000

/** Without an answer to the cancellation either, the connection is closed. */
const disconnectAfterMs = 1000

/** A transaction that idles this long belongs to a node that is gone, and blocks others by its locks. */
const idleInTransactionTimeoutMs = 10_000

/**
 * Begins a transaction and sets its timeouts in one round trip. Setting them when connecting would
 * not work behind a pooler such as pgbouncer, which shares connections: it refuses such parameters,
 * and settings of a session would pass to other clients.
 */
const beginStatement = `begin; set local statement_timeout = ${statementTimeoutMs}; set local idle_in_transaction_session_timeout = ${idleInTransactionTimeoutMs}`

/** Lifts the statement timeout for the rest of a transaction. */
export const noStatementTimeout = 'set local statement_timeout = 0'

/**
 * Kysely's PostgreSQL dialect with a time limit on every wait. A failure of the database, rather than
 * of a statement, is thrown as DatabaseUnavailableError. The driver is loaded at the first statement.
 *
 * @param url `postgres://user:password@host/database`
 * @param options.prepare whether statements are prepared, once per connection and text
 */
export function postgresDialect(
  url: string,
  options: { outageLog: OutageLog; prepare: boolean },
): PostgresDialect {
  return new TransactionalDialect({ pool: () => createPool(url, options) })
}

async function createPool(
  url: string,
  { outageLog, prepare }: { outageLog: OutageLog; prepare: boolean },
): Promise<PostgresPool> {
  const { default: pg } = await import('pg')
  // Reads bigint as a number, as SQLite does: times and counts are far below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  })
  // A broken connection fails its query and is replaced at the next one. Without listeners, the same
  // error would also end the process: the pool emits it for an idle connection, the client for a busy one.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  // In front of the pool, which has only one timeout for both connecting and waiting.
  const semaphore = createSemaphore(poolSize, acquireTimeoutMs)
  let lastResponseAt = 0
  const nameOf = prepare ? createStatementNames() : () => undefined

  async function connect(): Promise<PostgresPoolClient> {
    await semaphore.acquire().catch(rethrow)
    const startedAt = performance.now()
    try {
      return wrapClient(await pool.connect())
    } catch (error) {
      semaphore.release()
      rejectWaitersIfSilent(startedAt, error)
      return rethrow(error)
    }
  }

  /** Rejects all waiting statements if the database has answered none since then. */
  function rejectWaitersIfSilent(since: number, error: unknown): void {
    if (lastResponseAt < since) semaphore.rejectWaiters(error)
  }

  /** Wraps a connection of the pool until it is released. */
  function wrapClient(client: PoolClient): PostgresPoolClient {
    let hasTimeout = true
    let inTransaction = false
    let broken = false
    let released = false

    function disconnect(timeoutError: Error, startedAt: number): void {
      released = true
      // This rejects the query under way.
      client.release(timeoutError)
      rejectWaitersIfSilent(startedAt, timeoutError)
    }

    async function runQuery<Row>(
      sql: string,
      parameters: readonly unknown[],
    ): Promise<PostgresQueryResult<Row>> {
      const durable = isDurableWrite(sql, inTransaction)
      if (sql === 'begin') inTransaction = true
      if (sql === noStatementTimeout) hasTimeout = false

      const startedAt = performance.now()
      let timeoutError: Error | undefined
      let deadline: NodeJS.Timeout | undefined
      if (hasTimeout) {
        deadline = setTimeout(() => {
          cancelQuery(client)
          deadline = setTimeout(() => {
            timeoutError = new Error(
              `PostgreSQL has not answered for ${cancelAfterMs + disconnectAfterMs} ms.`,
            )
            disconnect(timeoutError, startedAt)
          }, disconnectAfterMs)
        }, cancelAfterMs)
      }
      try {
        const text = sql === 'begin' ? beginStatement : sql
        const result = await client.query({ name: nameOf(sql), text, values: [...parameters] })
        lastResponseAt = performance.now()
        outageLog.recordSuccess()
        return result as unknown as PostgresQueryResult<Row>
      } catch (error) {
        if (sql !== 'rollback') return rethrow(timeoutError ?? error, durable)
        // The server rolls back when the connection closes. The caller gets the error before this one.
        broken = true
        return emptyResult
      } finally {
        clearTimeout(deadline)
      }
    }

    return {
      query: runQuery as PostgresPoolClient['query'],
      release() {
        if (!released) client.release(broken)
        semaphore.release()
      },
    }
  }

  function rethrow(error: unknown, durable = false): never {
    const classified = classifyPostgresError(error, durable)
    if (classified instanceof DatabaseUnavailableError) outageLog.recordFailure(classified.cause)
    throw classified
  }

  const { options } = pool
  return { connect, end: () => pool.end(), options }
}

const emptyResult: PostgresQueryResult<never> = { command: 'ROLLBACK', rowCount: 0, rows: [] }

/**
 * Cancels the query of a connection on the server; otherwise connections would pile up there behind a
 * lock (PostgreSQL's manual, “Canceling Requests in Progress”).
 */
function cancelQuery(client: PoolClient): void {
  const { processID, secretKey, host, port } = client as unknown as Record<
    'processID' | 'secretKey' | 'port',
    number
  > & { host: string }
  const message = Buffer.alloc(16)
  for (const [i, part] of [16, 80877102, processID, secretKey].entries()) {
    message.writeInt32BE(part, i * 4)
  }
  const endpoint = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
  const socket = connectTo(endpoint).unref()
  socket.setTimeout(connectTimeoutMs, () => socket.destroy())
  // The server closes the connection when it is done. If we did, a pooler would drop the request.
  socket.on('error', () => {}).write(message)
}

class TransactionalDialect extends PostgresDialect {
  override createAdapter() {
    return new TransactionalAdapter()
  }
}

/**
 * Disables Kysely's migration lock. It belongs to a session, which a pooler shares, so it would never
 * be released. `migrate` takes a lock that ends with its transaction instead.
 */
class TransactionalAdapter extends PostgresAdapter {
  override async acquireMigrationLock() {}
  override async releaseMigrationLock() {}
}
