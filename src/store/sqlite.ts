import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import {
  type CompiledQuery,
  type CreateTableNode,
  type DataTypeNode,
  type Dialect,
  type Kysely,
  type QueryResult,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { makeFolder } from '../lib/make-folder.ts'
import {
  classifySqliteError,
  DatabaseUnavailableError,
  isDurableWrite,
  sqliteResultCode,
} from './errors.ts'
import { GroupCommitDriver, type SqliteConnection } from './group-commit.ts'
import { noOutageLog, type OutageLog } from './outage-log.ts'

/** Kysely's SQLite dialect over `node:sqlite`. @param file created if it is missing */
export function sqliteDialect(file: string, outageLog: OutageLog): Dialect {
  const writer = openWriter(file)
  const reader = new DatabaseSync(file, { readOnly: true, timeout: 0 })
  return new NodeSqliteDialect({
    writer: asConnection(writer, outageLog),
    reader: asConnection(reader, outageLog),
  })
}

/**
 * Another connection may lock the file for a commit, which takes milliseconds. SQLite itself would wait
 * for it synchronously, so its own `timeout` is 0: the commit may be that of a node in this process.
 */
const busyTimeoutMs = 5000

/** How often a statement tries again while the file is locked. */
const retryMs = 2

/** SQLITE_BUSY. */
const sqliteBusy = 5

/** Prepared statements: more than the service has, so the cache is never emptied in practice. */
const maxCachedStatements = 500

function openWriter(file: string): DatabaseSync {
  makeFolder(dirname(file))
  // Created here so that only this user can read it; SQLite gives the files beside it the same mode.
  closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file, { timeout: 0 })
  enableWal(db)
  // FULL: a change is on the disk before it is answered.
  db.exec('pragma synchronous = full; pragma foreign_keys = on')
  return db
}

/** The dialect over an existing file, which is not written to; no file is created beside it. */
export function readOnlySqliteDialect(file: string): Dialect {
  const url = pathToFileURL(file)
  // Without a WAL no process has the file open, and SQLite would create one even to read.
  if (!existsSync(`${file}-wal`)) url.search = '?immutable=1'
  const open = () =>
    asConnection(new DatabaseSync(url, { readOnly: true, timeout: 0 }), noOutageLog)
  return new NodeSqliteDialect({ writer: open(), reader: open() })
}

/** Caches statements, classifies errors, and keeps the outage log. */
function asConnection(db: DatabaseSync, outageLog: OutageLog): SqliteConnection {
  const statements = new Map<string, { statement: StatementSync; returnsRows: boolean }>()

  // After one statement has waited in vain, none waits until one succeeds: the waits would add up.
  let waits = true

  function prepare(sql: string) {
    let cached = statements.get(sql)
    if (!cached) {
      const statement = db.prepare(sql)
      cached = { statement, returnsRows: statement.columns().length > 0 }
      if (statements.size >= maxCachedStatements) statements.clear()
      statements.set(sql, cached)
    }
    return cached
  }

  function execute<Row>({ sql, parameters }: CompiledQuery): QueryResult<Row> {
    const { statement, returnsRows } = prepare(sql)
    const values = parameters as SQLInputValue[]
    if (returnsRows) return { rows: statement.all(...values) as Row[] }
    const { changes, lastInsertRowid } = statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  function run<Row>(query: CompiledQuery): QueryResult<Row> {
    const { isTransaction } = db
    try {
      const result = execute<Row>(query)
      waits = true
      outageLog.recordSuccess()
      return result
    } catch (error) {
      throw report(error, query, isTransaction)
    }
  }

  /** @returns the error to throw, DatabaseUnavailableError for a failure of the file */
  function report(error: unknown, { sql }: CompiledQuery, isTransaction: boolean): unknown {
    const classified = classifySqliteError(error, isDurableWrite(sql, isTransaction))
    if (classified instanceof DatabaseUnavailableError) outageLog.recordFailure(classified.cause)
    return classified
  }

  return {
    run,

    async runWhenUnlocked<Row>(query: CompiledQuery) {
      for (const deadline = performance.now() + busyTimeoutMs; waits; await sleep(retryMs)) {
        try {
          const result = execute<Row>(query)
          outageLog.recordSuccess()
          return result
        } catch (error) {
          if (sqliteResultCode(error) !== sqliteBusy) throw report(error, query, false)
          waits = performance.now() < deadline
        }
      }
      return run<Row>(query)
    },

    get isTransaction() {
      return db.isTransaction
    },

    close: () => db.close(),
  }
}

/** Retries: of two processes that create a file together, one gets SQLITE_BUSY at once, whatever the timeout. */
function enableWal(db: DatabaseSync): void {
  for (const deadline = performance.now() + busyTimeoutMs; ; ) {
    try {
      db.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      if (sqliteResultCode(error) !== sqliteBusy || performance.now() > deadline) throw error
    }
  }
}

class NodeSqliteDialect implements Dialect {
  readonly #connections: { writer: SqliteConnection; reader: SqliteConnection }

  constructor(connections: { writer: SqliteConnection; reader: SqliteConnection }) {
    this.#connections = connections
  }
  createDriver() {
    return new GroupCommitDriver(this.#connections)
  }
  createAdapter() {
    return new GroupingAdapter()
  }
  createQueryCompiler() {
    return new StrictCompiler()
  }
  createIntrospector(db: Kysely<unknown>) {
    return new SqliteIntrospector(db)
  }
}

class GroupingAdapter extends SqliteAdapter {
  /** Runs migrations in one transaction, which also keeps two processes from migrating at once. */
  override get supportsTransactionalDdl() {
    return true
  }
  /** Lets the driver order the transactions, and reads run beside them. */
  override get supportsMultipleConnections() {
    return true
  }
}

const rowLocks = new Set<string | undefined>(['ForUpdate', 'ForNoKeyUpdate', 'SkipLocked'])

/** Compiles the queries and migrations that PostgreSQL shares: strict tables, types, no row locks. */
class StrictCompiler extends SqliteQueryCompiler {
  protected override visitCreateTable(node: CreateTableNode): void {
    super.visitCreateTable(node)
    this.append(' strict')
  }

  protected override visitDataType(node: DataTypeNode): void {
    if (node.dataType === 'bigint') this.append('integer')
    else if (node.dataType.startsWith('varchar')) this.append('text')
    else super.visitDataType(node)
  }

  /**
   * SQLite takes the value of a plain `?` into account when it plans some queries, and so plans them again
   * whenever a value is bound, several times the cost of running them. `+?` has the same value, but the
   * plan does not depend on it (https://sqlite.org/c3ref/prepare.html).
   */
  protected override getCurrentParameterPlaceholder(): string {
    return '+?'
  }

  /** Leaves out row locks: a transaction locks the whole database. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (!rowLocks.has(node.modifier)) super.visitSelectModifier(node)
  }
}
