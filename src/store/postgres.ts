import { connect as connectTo } from 'node:net'
import {
  PostgresAdapter,
  PostgresDialect,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely'
import pg from 'pg'
import { createPlaces } from '../lib/places.ts'
import type { Outages } from './outages.ts'
import { judgePostgres, saves, Unavailable } from './unavailable.ts'

/** Times and counts are far below 2^53, so they come as numbers, as they do from SQLite. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** Enough to keep the database busy from one process; more would only queue there. */
const connections = 10

/** How long one waits for a connection of a database that answers, but has much to do. */
const longestWaitMs = 15_000

const connectMs = 5000

/** No statement of ours takes long: one that does is stuck, and everyone behind it too. */
const statementMs = 5000

/** PostgreSQL should have ended it by then: outside of transactions it is told to now. */
const answerMs = 6000

/** If it says nothing to that either, it says nothing at all. */
const lastWordMs = 1000

/** A transaction in which nothing happens belongs to a node that is gone: others wait for its locks. */
const idleMs = 10_000

/**
 * One message, so that it costs no time. Not when connecting: a pooler that hands connections round
 * (pgbouncer) refuses that, and what is set for a session would go to others with the connection.
 */
const begin = `begin; set local statement_timeout = ${statementMs}; set local idle_in_transaction_session_timeout = ${idleMs}`

/** In a transaction: from here on, its statements may take as long as they like. */
export const takeTime = 'set local statement_timeout = 0'

/**
 * Everything is asked within bounds, and whatever goes wrong with the database rather than with a
 * statement comes out as Unavailable.
 *
 * @param url `postgres://user:password@host/database`
 */
export function postgres(url: string, outages: Outages): PostgresDialect {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
  })
  // A connection that breaks is replaced at the next query; the one it was busy with is told. Left
  // unheard, the same news would end the process: idle, it comes from the pool, busy, from the client.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  // In front of the pool, whose own line knows one bound for connecting and for waiting.
  const places = createPlaces(connections, longestWaitMs)
  let answeredAt = 0

  async function connect(): Promise<PostgresPoolClient> {
    await places.take().catch(fail)
    const askedAt = performance.now()
    try {
      return lend(await pool.connect())
    } catch (error) {
      places.giveBack()
      sendAwayIfSilent(askedAt, error)
      return fail(error)
    }
  }

  /** Nobody has been answered for as long as one has waited: then there is no use in lining up. */
  function sendAwayIfSilent(since: number, error: unknown): void {
    if (answeredAt < since) places.sendAway(error)
  }

  /** A connection, for as long as somebody has it. */
  function lend(client: pg.PoolClient): PostgresPoolClient {
    let bounded = true
    let inTransaction = false
    let broken = false
    let given = false

    function hangUp(silence: Error, askedAt: number): void {
      given = true
      // Which fails what is waited for.
      client.release(silence)
      sendAwayIfSilent(askedAt, silence)
    }

    async function ask<Row>(
      sql: string,
      parameters: readonly unknown[],
    ): Promise<PostgresQueryResult<Row>> {
      const saving = saves(sql, inTransaction)
      if (sql === 'begin') inTransaction = true
      if (sql === takeTime) bounded = false

      const askedAt = performance.now()
      let silence: Error | undefined
      let deadline: NodeJS.Timeout | undefined
      if (bounded) {
        deadline = setTimeout(() => {
          cancel(client)
          deadline = setTimeout(() => {
            silence = new Error(`PostgreSQL has not answered for ${answerMs + lastWordMs} ms.`)
            hangUp(silence, askedAt)
          }, lastWordMs)
        }, answerMs)
      }
      try {
        const result = await client.query(sql === 'begin' ? begin : sql, [...parameters])
        answeredAt = performance.now()
        outages.worked()
        return result as unknown as PostgresQueryResult<Row>
      } catch (error) {
        if (sql !== 'rollback') return fail(silence ?? error, saving)
        // The server does it when we hang up. Whoever asks is to be told what went wrong before.
        broken = true
        return nothing
      } finally {
        clearTimeout(deadline)
      }
    }

    return {
      query: ask as PostgresPoolClient['query'],
      release() {
        if (!given) client.release(broken)
        places.giveBack()
      },
    }
  }

  function fail(error: unknown, saving = false): never {
    const judged = judgePostgres(error, saving)
    if (judged instanceof Unavailable) outages.failed(judged.cause)
    throw judged
  }

  const { options } = pool
  return new TransactionalDialect({ pool: { connect, end: () => pool.end(), options } })
}

const nothing: PostgresQueryResult<never> = { command: 'ROLLBACK', rowCount: 0, rows: [] }

/**
 * Has the server end what nobody waits for any more; else its connections pile up behind a lock
 * (PostgreSQL's manual, “Canceling Requests in Progress”).
 */
function cancel(client: pg.PoolClient): void {
  const { processID, secretKey, host, port } = client as unknown as Record<
    'processID' | 'secretKey' | 'port',
    number
  > & { host: string }
  const message = Buffer.alloc(16)
  for (const [i, part] of [16, 80877102, processID, secretKey].entries()) {
    message.writeInt32BE(part, i * 4)
  }
  const where = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
  const socket = connectTo(where).unref()
  socket.setTimeout(connectMs, () => socket.destroy())
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
