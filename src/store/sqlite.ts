import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import {
  type CreateTableNode,
  type DataTypeNode,
  type SelectModifierNode,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely'
import { makeFolder } from '../lib/make-folder.ts'
import {
  classifySqliteError,
  DatabaseUnavailableError,
  isDurableWrite,
  sqliteResultCode,
} from './errors.ts'
import { noOutageLog, type OutageLog } from './outage-log.ts'

/** Kysely's SQLite dialect over `node:sqlite`. @param file created if it is missing */
export function sqliteDialect(file: string, outageLog: OutageLog): SqliteDialect {
  return new NodeSqliteDialect({ database: openFile(file, outageLog) })
}

/** Another process may lock the file for a commit, which takes milliseconds. */
const busyTimeoutMs = 5000

/** SQLITE_BUSY. */
const sqliteBusy = 5

/** Prepared statements: more than the service has, so the cache is never emptied in practice. */
const maxCachedStatements = 500

function openFile(file: string, outageLog: OutageLog): SqliteDatabase {
  makeFolder(dirname(file))
  // Created here so that only this user can read it; SQLite gives the files beside it the same mode.
  closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs })
  enableWal(db)
  // FULL: a change is on the disk before it is answered.
  db.exec('pragma synchronous = full; pragma foreign_keys = on')
  return asKyselyDatabase(db, outageLog)
}

/** The dialect over an existing file, which is not written to; no file is created beside it. */
export function readOnlySqliteDialect(file: string): SqliteDialect {
  const url = pathToFileURL(file)
  // Without a WAL no process has the file open, and SQLite would create one even to read.
  if (!existsSync(`${file}-wal`)) url.search = '?immutable=1'
  const db = new DatabaseSync(url, { readOnly: true, timeout: busyTimeoutMs })
  return new NodeSqliteDialect({ database: asKyselyDatabase(db, noOutageLog) })
}

/** Adapts a connection to the interface of Kysely's dialect. */
function asKyselyDatabase(db: DatabaseSync, outageLog: OutageLog): SqliteDatabase {
  const statements = new Map<string, { statement: StatementSync; reader: boolean }>()

  // After one statement has waited in vain, none waits until a write succeeds: each wait blocks the
  // event loop, and they would add up.
  let busyWait = true
  function setBusyWait(enabled: boolean): void {
    if (busyWait === enabled) return
    db.exec(`pragma busy_timeout = ${enabled ? busyTimeoutMs : 0}`)
    busyWait = enabled
  }

  /** @throws DatabaseUnavailableError for a failure of the file rather than of the statement */
  function classifyErrors<Result>(sql: string, work: () => Result): Result {
    const { isTransaction } = db
    try {
      return work()
    } catch (error) {
      if (sqliteResultCode(error) === sqliteBusy) setBusyWait(false)
      const classified = classifySqliteError(error, isDurableWrite(sql, isTransaction))
      if (classified instanceof DatabaseUnavailableError) outageLog.recordFailure(classified.cause)
      throw classified
    }
  }

  function execute<Result>(sql: string, work: () => Result): Result {
    const result = classifyErrors(sql, work)
    if (!sql.startsWith('select')) setBusyWait(true)
    outageLog.recordSuccess()
    return result
  }

  return {
    close: () => db.close(),
    prepare(sql) {
      // After a full disk SQLite has rolled back by itself.
      if (sql === 'rollback' && !db.isTransaction) return emptyStatement
      const { statement, reader } = classifyErrors(sql, () => prepare(asImmediate(sql)))
      return {
        reader,
        all: (values) => execute(sql, () => statement.all(...(values as SQLInputValue[]))),
        run: (values) => execute(sql, () => statement.run(...(values as SQLInputValue[]))),
        iterate: (values) => statement.iterate(...(values as SQLInputValue[])),
      }
    },
  }

  function prepare(sql: string) {
    let cached = statements.get(sql)
    if (!cached) {
      const statement = db.prepare(sql)
      cached = { statement, reader: statement.columns().length > 0 }
      if (statements.size >= maxCachedStatements) statements.clear()
      statements.set(sql, cached)
    }
    return cached
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

const emptyStatement: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
}

/** A deferred transaction would fail at once when it turns from reading to writing (SQLITE_BUSY_SNAPSHOT). */
function asImmediate(sql: string): string {
  return sql === 'begin' ? 'begin immediate' : sql
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter() {
    return new TransactionalAdapter()
  }
  override createQueryCompiler() {
    return new StrictCompiler()
  }
}

/** Runs migrations in one transaction, which also keeps two processes from migrating at once. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
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

  /** Leaves out row locks: a transaction locks the whole database. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (!rowLocks.has(node.modifier)) super.visitSelectModifier(node)
  }
}
