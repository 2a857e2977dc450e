import type { CompiledQuery, DatabaseConnection, Dialect, Driver, Kysely } from 'kysely'
import type { MetricEvent } from '../lib/metric-events.ts'
import type { Schema } from './schema.ts'

/** Whoever watches a database from outside. */
export interface DatabaseObserver {
  /** One statement is over, well or not. */
  onStatement(query: CompiledQuery, ms: number, failed: boolean): void
  /** What happened, once it is certain. */
  onEvent(onEvent: MetricEvent): void
  /** Kept up to date: connections that are busy, and statements and transactions that wait for one. */
  readonly connections: { busy: number; waiting: number }
}

/** Found by the adapter: every transaction has that of its database. */
const observers = new WeakMap<object, DatabaseObserver>()

/** What open transactions have told so far. */
const pendingEvents = new WeakMap<DatabaseConnection, MetricEvent[]>()

/**
 * Says what happened. In a transaction it is news when that is committed, and if it is rolled back
 * nobody hears of it; outside of one it is news at once.
 */
export async function emitOnCommit(db: Kysely<Schema>, event: MetricEvent): Promise<void> {
  if (!observers.has(db.getExecutor().adapter)) return
  if (!db.isTransaction) return emit(db, event)
  await db.getExecutor().provideConnection(async (connection) => {
    pendingEvents.get(connection)?.push(event)
  })
}

/** Says what stays true also if this transaction is rolled back, such as that it was refused. */
export function emit(db: Kysely<Schema>, event: MetricEvent): void {
  observers.get(db.getExecutor().adapter)?.onEvent(event)
}

/** The same dialect, with somebody who watches what goes through it. */
export function instrument(dialect: Dialect, observer: DatabaseObserver): Dialect {
  return {
    createDriver: () => instrumentDriver(dialect.createDriver(), observer),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createAdapter() {
      const adapter = dialect.createAdapter()
      observers.set(adapter, observer)
      return adapter
    },
  }
}

function instrumentDriver(driver: Driver, observer: DatabaseObserver): Driver {
  const { onEvent, connections } = observer
  const instrumented = new WeakSet<DatabaseConnection>()
  return {
    init: (options) => driver.init(options),
    destroy: (options) => driver.destroy(options),

    async acquireConnection(options) {
      connections.waiting += 1
      try {
        const connection = await driver.acquireConnection(options)
        connections.busy += 1
        if (!instrumented.has(connection)) instrumentStatements(connection, observer)
        instrumented.add(connection)
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
      pendingEvents.set(connection, [])
    },
    async commitTransaction(connection) {
      await driver.commitTransaction(connection)
      for (const event of pendingEvents.get(connection) ?? []) onEvent(event)
      pendingEvents.delete(connection)
    },
    async rollbackTransaction(connection) {
      pendingEvents.delete(connection)
      await driver.rollbackTransaction(connection)
    },
  }
}

/** In place, as Kysely’s own log does it, but without its promises: they take longer than the rest. */
function instrumentStatements(
  connection: DatabaseConnection,
  { onStatement }: DatabaseObserver,
): void {
  const execute = connection.executeQuery.bind(connection)
  connection.executeQuery = (query, options) => {
    const startedAt = performance.now()
    const result = execute<never>(query, options)
    const report = (failed: boolean) => onStatement(query, performance.now() - startedAt, failed)
    result.then(
      () => report(false),
      () => report(true),
    )
    return result
  }
}
