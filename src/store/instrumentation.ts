import type { CompiledQuery, DatabaseConnection, Dialect, Driver } from 'kysely'

/** Whoever watches a database from outside. */
export interface DatabaseObserver {
  /** One statement is over, well or not. */
  onStatement(query: CompiledQuery, ms: number, failed: boolean): void
  /** Kept up to date: connections that are busy, and statements and transactions that wait for one. */
  readonly connections: { busy: number; waiting: number }
}

/** The same dialect, with somebody who watches what goes through it. */
export function instrument(dialect: Dialect, observer: DatabaseObserver): Dialect {
  return {
    createDriver: () => instrumentDriver(dialect.createDriver(), observer),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createAdapter: () => dialect.createAdapter(),
  }
}

function instrumentDriver(driver: Driver, observer: DatabaseObserver): Driver {
  const { connections } = observer
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

    beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
    commitTransaction: (connection) => driver.commitTransaction(connection),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
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
