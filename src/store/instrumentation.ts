import type { CompiledQuery, DatabaseConnection, Dialect, Driver } from 'kysely'

/** Measures how a database is used. */
export interface DatabaseObserver {
  /** Called after each statement, whether it succeeded or failed. */
  onStatement(query: CompiledQuery, ms: number, failed: boolean): void
  /** Kept up to date by `instrument`: busy connections, and statements and transactions waiting for one. */
  readonly connections: { busy: number; waiting: number }
}

/** Wraps a dialect so that an observer measures its statements and connections. */
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

/** Replaces `executeQuery` in place, as Kysely's own log does, without its promises, which cost the most. */
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
