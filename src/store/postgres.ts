import { connect as connectTo } from 'node:net'
import {
  PostgresAdapter,
  PostgresDialect,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely'
import pg from 'pg'
import { createSemaphore } from '../lib/semaphore.ts'
import { classifyPostgresError, DatabaseUnavailableError, isDurableWrite } from './errors.ts'
import type { OutageLog } from './outage-log.ts'

/** Times and counts are far below 2^53, so they come as numbers, as they do from SQLite. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** Enough to keep the database busy from one process; more would only queue there. */
const poolSize = 10

/** How long one waits for a connection of a database that answers, but has much to do. */
const acquireTimeoutMs = 15_000

const connectTimeoutMs = 5000

/** No statement of ours takes long: one that does is stuck, and everyone behind it too. */
const statementTimeoutMs = 5000

/** PostgreSQL should have ended it by then: outside of transactions it is told to now. */
const cancelAfterMs = 6000

/** If it says nothing to that either, it says nothing at all. */
const disconnectAfterMs = 1000

/** A transaction in which nothing happens belongs to a node that is gone: others wait for its locks. */
const idleInTransactionTimeoutMs = 10_000

/**
 * One message, so that it costs no time. Not when connecting: a pooler that hands connections round
 * (pgbouncer) refuses that, and what is set for a session would go to others with the connection.
 */
const beginStatement = `begin; set local statement_timeout = ${statementTimeoutMs}; set local idle_in_transaction_session_timeout = ${idleInTransactionTimeoutMs}`

/** In a transaction: from here on, its statements may take as long as they like. */
export const noStatementTimeout = 'set local statement_timeout = 0'

/**
 * Everything is asked within bounds, and whatever goes wrong with the database rather than with a
 * statement comes out as Unavailable.
 *
 * @param url `postgres://user:password@host/database`
 */
export function postgresDialect(url: string, outageLog: OutageLog): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  })
  // A connection that breaks is replaced at the next query; the one it was busy with is told. Left
  // unheard, the same news would end the process: idle, it comes from the pool, busy, from the client.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  // In front of the pool, whose own line knows one bound for connecting and for waiting.
  const semaphore = createSemaphore(poolSize, acquireTimeoutMs)
  let lastResponseAt = 0

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

  /** Nobody has been answered for as long as one has waited: then there is no use in lining up. */
  function rejectWaitersIfSilent(since: number, error: unknown): void {
    if (lastResponseAt < since) semaphore.rejectWaiters(error)
  }

  /** A connection, for as long as somebody has it. */
  function wrapClient(client: pg.PoolClient): PostgresPoolClient {
    let hasTimeout = true
    let inTransaction = false
    let broken = false
    let released = false

    function disconnect(timeoutError: Error, startedAt: number): void {
      released = true
      // Which fails what is waited for.
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
        const result = await client.query(sql === 'begin' ? beginStatement : sql, [...parameters])
        lastResponseAt = performance.now()
        outageLog.recordSuccess()
        return result as unknown as PostgresQueryResult<Row>
      } catch (error) {
        if (sql !== 'rollback') return rethrow(timeoutError ?? error, durable)
        // The server does it when we hang up. Whoever asks is to be told what went wrong before.
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
  return new TransactionalDialect({ pool: { connect, end: () => pool.end(), options } })
}

const emptyResult: PostgresQueryResult<never> = { command: 'ROLLBACK', rowCount: 0, rows: [] }

/**
 * Has the server end what nobody waits for any more; else its connections pile up behind a lock
 * (PostgreSQL's manual, “Canceling Requests in Progress”).
 */
function cancelQuery(client: pg.PoolClient): void {
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
  // The server hangs up when it has done it. If we did, a pooler would forget about it.
  socket.on('error', () => {}).write(message)
}

class TransactionalDialect extends PostgresDialect {
  override createAdapter() {
    return new TransactionalAdapter()
  }
}

/**
 * Kysely's lock on migrations belongs to a session, and there are none behind a pooler: it would stay
 * there for ever. `migrate` takes one that ends with its transaction.
 */
class TransactionalAdapter extends PostgresAdapter {
  override async acquireMigrationLock() {}
  override async releaseMigrationLock() {}
}
