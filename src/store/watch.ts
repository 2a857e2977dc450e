import type { CompiledQuery, DatabaseConnection, Dialect, Driver, Kysely } from 'kysely'
import type { News } from '../lib/news.ts'
import type { Schema } from './schema.ts'

/** Whoever watches a database from outside. */
export interface Watcher {
  /** One statement is over, well or not. */
  statement(query: CompiledQuery, ms: number, failed: boolean): void
  /** What happened, once it is certain. */
  news(news: News): void
  /** Kept up to date: connections that are busy, and statements and transactions that wait for one. */
  readonly connections: { busy: number; waiting: number }
}

/** Found by the adapter: every transaction has that of its database. */
const watchers = new WeakMap<object, Watcher>()

/** What open transactions have told so far. */
const untold = new WeakMap<DatabaseConnection, News[]>()

/**
 * Says what happened. In a transaction it is news when that is committed, and if it is rolled back
 * nobody hears of it; outside of one it is news at once.
 */
export async function tell(db: Kysely<Schema>, news: News): Promise<void> {
  if (!watchers.has(db.getExecutor().adapter)) return
  if (!db.isTransaction) return tellAtOnce(db, news)
  await db.getExecutor().provideConnection(async (connection) => {
    untold.get(connection)?.push(news)
  })
}

/** Says what stays true also if this transaction is rolled back, such as that it was refused. */
export function tellAtOnce(db: Kysely<Schema>, news: News): void {
  watchers.get(db.getExecutor().adapter)?.news(news)
}

/** The same dialect, with somebody who watches what goes through it. */
export function watched(dialect: Dialect, watcher: Watcher): Dialect {
  return {
    createDriver: () => watchedDriver(dialect.createDriver(), watcher),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createAdapter() {
      const adapter = dialect.createAdapter()
      watchers.set(adapter, watcher)
      return adapter
    },
  }
}

function watchedDriver(driver: Driver, watcher: Watcher): Driver {
  const { news, connections } = watcher
  const known = new WeakSet<DatabaseConnection>()
  return {
    init: (options) => driver.init(options),
    destroy: (options) => driver.destroy(options),

    async acquireConnection(options) {
      connections.waiting += 1
      try {
        const connection = await driver.acquireConnection(options)
        connections.busy += 1
        if (!known.has(connection)) watchStatements(connection, watcher)
        known.add(connection)
        return connection
      } finally {
        connections.waiting -= 1
      }
    },
    async releaseConnection(connection, options) {
      connections.busy -= 1
      await driver.releaseConnection(connection, options)
    },

    async beginTransaction(connection, settings) {
      await driver.beginTransaction(connection, settings)
      untold.set(connection, [])
    },
    async commitTransaction(connection) {
      await driver.commitTransaction(connection)
      for (const one of untold.get(connection) ?? []) news(one)
      untold.delete(connection)
    },
    async rollbackTransaction(connection) {
      untold.delete(connection)
      await driver.rollbackTransaction(connection)
    },
  }
}

/** In place, as Kysely’s own log does it, but without its promises: they take longer than the rest. */
function watchStatements(connection: DatabaseConnection, { statement }: Watcher): void {
  const execute = connection.executeQuery.bind(connection)
  connection.executeQuery = (query, options) => {
    const begun = performance.now()
    const result = execute<never>(query, options)
    const over = (failed: boolean) => statement(query, performance.now() - begun, failed)
    result.then(
      () => over(false),
      () => over(true),
    )
    return result
  }
}
