import type { DatabaseError } from 'pg'
import { OperatorError } from '../lib/operator-error.ts'
import { Problem } from '../lib/problem.ts'

/** Seconds: about as long as a restart of the database takes. */
const retryAfter = 5

/**
 * The database can't be used for now, or gave up on a statement: the client gets a 503. `cause` is for
 * the log and never leaves the service.
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
  'The connection broke while this was being saved, so it may or may not have been done. Please check before you try again.'

/**
 * SQLSTATEs (PostgreSQL's manual, Appendix A) of failures that no statement causes: connection,
 * authorization, no such database, no room or connections, shutdown or cancellation, the disk, a
 * read-only standby, an idle transaction that timed out, a lock that took too long.
 */
const unavailableSqlStates = /^(08|28|3D|53|57|58|25006|25P0[34]|55P03)/

/**
 * No such prepared statement, and one that exists already: the pooler changes connections between
 * transactions.
 */
const prepareSqlStates = ['26000', '42P05']

/** With these the server closes the connection; with the others it reports that nothing was done. */
const disconnectSqlStates = /^(08|57P)/

/**
 * Turns a failure of PostgreSQL, or of the connection to it, into a DatabaseUnavailableError. An error
 * of the statement itself is returned unchanged.
 *
 * @param durable whether the statement is a durable write, whose outcome is unknown if no answer came
 */
export function classifyPostgresError(error: unknown, durable: boolean): unknown {
  if (isPostgresError(error)) {
    const { code = '' } = error
    if (isPrepareError(error)) return new DatabaseUnavailableError(new Error(prepareHint))
    if (!unavailableSqlStates.test(code)) return error
    return new DatabaseUnavailableError(
      error,
      durable && disconnectSqlStates.test(code) ? outcomeUnknownDetail : retryDetail,
    )
  }
  // pg's own errors have no codes. One that isn't from the server is the connection's, or a bug.
  if (error instanceof TypeError || error instanceof RangeError) return error
  return new DatabaseUnavailableError(error, durable ? outcomeUnknownDetail : retryDetail)
}

const prepareHint =
  'The connection pooler does not support prepared statements. Set LATCHKEY_DATABASE_STATEMENTS=unnamed, or use PgBouncer 1.21 or newer'

/** Whether an error says that prepared statements do not work on this connection. */
export function isPrepareError(error: unknown): boolean {
  return isPostgresError(error) && prepareSqlStates.includes(error.code ?? '')
}

/** Whether PostgreSQL reported the error. Told by its fields, because SQLite does not load `pg`. */
export function isPostgresError(error: unknown): error is DatabaseError {
  return error instanceof Error && 'severity' in error
}

/** Whether a statement makes a change durable: a commit does, and a write outside of transactions. */
export function isDurableWrite(sql: string, inTransaction: boolean): boolean {
  return sql === 'commit' || (!inTransaction && /^(insert|update|delete|with)/i.test(sql))
}

/** SQLite's BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN. */
const unavailableResultCodes = [5, 6, 8, 10, 13, 14]
const ioErr = 10

/** The counterpart of `classifyPostgresError` for SQLite. @param durable as there */
export function classifySqliteError(error: unknown, durable: boolean): unknown {
  const resultCode = sqliteResultCode(error)
  if (resultCode === undefined || !unavailableResultCodes.includes(resultCode)) return error
  return new DatabaseUnavailableError(
    error,
    durable && resultCode === ioErr ? outcomeUnknownDetail : retryDetail,
  )
}

/** The primary result code of a SQLite error: its lowest eight bits ("Extended Result Codes"). */
export function sqliteResultCode(error: unknown): number | undefined {
  const { code, errcode = 0 } = error as { code?: unknown; errcode?: number }
  return code === 'ERR_SQLITE_ERROR' ? errcode & 0xff : undefined
}

/** File system errors for which a database file can't be created. */
const fileErrorCodes = ['EACCES', 'EROFS', 'ENOTDIR', 'EPERM', 'EEXIST', 'EISDIR', 'ENOENT']

/** SQLite's errors for a file that can't be used: BUSY, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
const unusableResultCodes = [5, 8, 10, 11, 13, 14, 26]

/**
 * SQLSTATEs of failures that the operator can solve: connection, authorization, no such database, no
 * room, shutdown, the disk, and 42501, insufficient privilege.
 */
const unusableSqlStates = /^(08|28|3D|53|57P|58|42501)/

/** Turns a failure that the operator can solve into an OperatorError; other errors stay as they are. */
export function toOperatorError(caught: unknown): unknown {
  const error = causeOf(caught)
  if (!(error instanceof Error)) return error
  const { code = '', errstr, path } = error as NodeJS.ErrnoException & { errstr?: string }
  if (path !== undefined && fileErrorCodes.includes(code)) {
    return new OperatorError(
      `The database file can’t be created (${code}: ${path}). Set LATCHKEY_DATABASE_URL to a path that this user may write to.`,
      { cause: error },
    )
  }
  if (unusableResultCodes.includes(sqliteResultCode(error) ?? 0)) {
    return new OperatorError(
      `The database file can’t be used: ${errstr}. Check LATCHKEY_DATABASE_URL, and that this user may write there.`,
      { cause: error },
    )
  }
  return caught instanceof DatabaseUnavailableError || unusableSqlStates.test(code)
    ? postgresUnreachable(error)
    : error
}

/** For a first statement that fails: the statement itself is never the reason. */
export function postgresUnreachable(caught: unknown): OperatorError {
  const error = causeOf(caught)
  const { message = '', code = '' } = error as NodeJS.ErrnoException
  return new OperatorError(
    `PostgreSQL can’t be used (${message || code}). Check LATCHKEY_DATABASE_URL, and that PostgreSQL is running.`,
    { cause: error },
  )
}

function causeOf(error: unknown): unknown {
  return error instanceof DatabaseUnavailableError ? error.cause : error
}
