import { CannotStart } from '../lib/cannot-start.ts'

/** What the file system says where a database file can't be made. */
const refusals = ['EACCES', 'EROFS', 'ENOTDIR', 'EPERM', 'EEXIST', 'EISDIR', 'ENOENT']

/** SQLite's for a file that can't be used: BUSY, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB. */
const ofTheFile = [5, 8, 10, 11, 13, 14, 26]

/**
 * PostgreSQL's classes (Appendix A of its manual) for what lies outside of our statements:
 * connection, authorization, no such database, no room, shut down, the disk; and 42501, no right.
 */
const ofTheServer = /^(08|28|3D|53|57P|58|42501)/

/** Why the database can't be used, where its operator can put that right; else the error itself. */
export function unusable(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const {
    code = '',
    errcode,
    errstr,
    path,
  } = error as NodeJS.ErrnoException & {
    errcode?: number
    errstr?: string
  }
  if (path !== undefined && refusals.includes(code)) {
    return new CannotStart(
      `The database file can’t be made (${code}: ${path}). Set LATCHKEY_DATABASE_URL to a place that this user may write to.`,
      { cause: error },
    )
  }
  // The lowest eight bits are the kind, the others say more (SQLite, "Extended Result Codes").
  if (code === 'ERR_SQLITE_ERROR' && ofTheFile.includes((errcode ?? 0) & 0xff)) {
    return new CannotStart(
      `The database file can’t be used: ${errstr}. Look at LATCHKEY_DATABASE_URL, and whether this user may write there.`,
      { cause: error },
    )
  }
  return ofTheServer.test(code) ? unreachable(error) : error
}

/** What has kept the very first statement from an answer is never the statement. */
export function unreachable(error: unknown): CannotStart {
  const { message = '', code = '' } = error as NodeJS.ErrnoException
  return new CannotStart(
    `PostgreSQL can’t be used (${message || code}). Look at LATCHKEY_DATABASE_URL, and whether PostgreSQL runs.`,
    { cause: error },
  )
}
