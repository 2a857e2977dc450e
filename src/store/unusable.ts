import { OperatorError } from '../lib/operator-error.ts'
import { DatabaseUnavailableError, sqliteResultCode } from './errors.ts'

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
