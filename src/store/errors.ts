import pg from 'pg'
import { OperatorError } from '../lib/operator-error.ts'
import { Problem } from '../lib/problem.ts'

/** Seconds. A database that is restarted is back after about as long. */
const retryAfter = 5

/**
 * The database can't be used for now, or had better things to do: 503 for whoever asked. `cause` is
 * for the log; nothing of it leaves the service.
 */
export class DatabaseUnavailableError extends Problem {
  constructor(cause: unknown, detail = retryDetail) {
    super('unavailable', detail, { retryAfter })
    this.cause = cause
  }
}

const retryDetail =
  'This can’t be done right now. Nothing was lost: please try again in a few seconds.'

const outcomeUnknownDetail =
  'The connection broke while this was being saved, so it may have been done or not. Please look before you try again.'

/**
 * SQLSTATEs (PostgreSQL's manual, Appendix A) of what lies outside of our statements: connection,
 * authorization, no such database, no room or connections, stopped or shut down, the disk; a standby
 * that only reads; a transaction that was ended for doing nothing; a lock that was waited for too long.
 */
const unavailableSqlStates = /^(08|28|3D|53|57|58|25006|25P0[34]|55P03)/

/** With these it hangs up; with the others it says that nothing was done. */
const disconnectSqlStates = /^(08|57P)/

/**
 * What an error of PostgreSQL or of the way to it means: Unavailable, or the error itself if it is
 * our statement's.
 *
 * @param durable whether the statement `saves`: if its answer got lost, nobody knows what became of it
 */
export function classifyPostgresError(error: unknown, durable: boolean): unknown {
  if (error instanceof pg.DatabaseError) {
    const { code = '' } = error
    if (!unavailableSqlStates.test(code)) return error
    return new DatabaseUnavailableError(
      error,
      durable && disconnectSqlStates.test(code) ? outcomeUnknownDetail : retryDetail,
    )
  }
  // pg gives no codes to its own news. What isn't the server's is the way to it, or a bug.
  if (error instanceof TypeError || error instanceof RangeError) return error
  return new DatabaseUnavailableError(error, durable ? outcomeUnknownDetail : retryDetail)
}

/** Whether a statement saves something for good: a commit does, and a change outside of transactions. */
export function isDurableWrite(sql: string, inTransaction: boolean): boolean {
  return sql === 'commit' || (!inTransaction && /^(insert|update|delete|with)/i.test(sql))
}

/** SQLite's BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN. */
const unavailableResultCodes = [5, 6, 8, 10, 13, 14]
const ioErr = 10

/** The same for SQLite. @param durable see there */
export function classifySqliteError(error: unknown, durable: boolean): unknown {
  const resultCode = sqliteResultCode(error)
  if (resultCode === undefined || !unavailableResultCodes.includes(resultCode)) return error
  return new DatabaseUnavailableError(
    error,
    durable && resultCode === ioErr ? outcomeUnknownDetail : retryDetail,
  )
}

/** Which kind of error of SQLite it is: the lowest eight bits ("Extended Result Codes"). */
export function sqliteResultCode(error: unknown): number | undefined {
  const { code, errcode = 0 } = error as { code?: unknown; errcode?: number }
  return code === 'ERR_SQLITE_ERROR' ? errcode & 0xff : undefined
}

/** What the file system says where a database file can't be made. */
const fileErrorCodes = ['EACCES', 'EROFS', 'ENOTDIR', 'EPERM', 'EEXIST', 'EISDIR', 'ENOENT']

/** SQLite's for a file that can't be used: BUSY, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
const unusableResultCodes = [5, 8, 10, 11, 13, 14, 26]

/**
 * PostgreSQL's classes (Appendix A of its manual) for what lies outside of our statements:
 * connection, authorization, no such database, no room, shut down, the disk; and 42501, no right.
 */
const unusableSqlStates = /^(08|28|3D|53|57P|58|42501)/

/** Why the database can't be used, where its operator can put that right; else the error itself. */
export function toOperatorError(caught: unknown): unknown {
  const error = causeOf(caught)
  if (!(error instanceof Error)) return error
  const { code = '', errstr, path } = error as NodeJS.ErrnoException & { errstr?: string }
  if (path !== undefined && fileErrorCodes.includes(code)) {
    return new OperatorError(
      `The database file can’t be made (${code}: ${path}). Set LATCHKEY_DATABASE_URL to a place that this user may write to.`,
      { cause: error },
    )
  }
  if (unusableResultCodes.includes(sqliteResultCode(error) ?? 0)) {
    return new OperatorError(
      `The database file can’t be used: ${errstr}. Look at LATCHKEY_DATABASE_URL, and whether this user may write there.`,
      { cause: error },
    )
  }
  return caught instanceof DatabaseUnavailableError || unusableSqlStates.test(code)
    ? postgresUnreachable(error)
    : error
}

/** What has kept the very first statement from an answer is never the statement. */
export function postgresUnreachable(caught: unknown): OperatorError {
  const error = causeOf(caught)
  const { message = '', code = '' } = error as NodeJS.ErrnoException
  return new OperatorError(
    `PostgreSQL can’t be used (${message || code}). Look at LATCHKEY_DATABASE_URL, and whether PostgreSQL runs.`,
    { cause: error },
  )
}

function causeOf(error: unknown): unknown {
  return error instanceof DatabaseUnavailableError ? error.cause : error
}
