import { existsSync } from 'node:fs'
import { Kysely, sql } from 'kysely'
import { postgresUnreachable, toOperatorError } from './errors.ts'
import { type DatabaseObserver, instrument } from './instrumentation.ts'
import { noOutageLog, type OutageLog } from './outage-log.ts'
import { isPostgres, postgresDialect } from './postgres.ts'
import type { Schema } from './schema.ts'
import { readOnlySqliteDialect, sqliteDialect } from './sqlite.ts'
import { sqliteFileOf } from './sqlite-file.ts'

export type Db = Kysely<Schema>

/**
 * Opens the database. While it can't be used, every statement throws a DatabaseUnavailableError.
 *
 * @param url `sqlite:<file>` or `postgres://…`
 * @param options.outageLog records the success or failure of each statement
 * @param options.observer measures statements and connections
 * @param options.prepare whether PostgreSQL keeps statements prepared, which pays off in a server
 * @throws OperatorError if the file can't be used; a connection to PostgreSQL is not made yet
 */
export function openDatabase(
  url: string,
  {
    outageLog = noOutageLog,
    observer,
    prepare = false,
  }: { outageLog?: OutageLog; observer?: DatabaseObserver; prepare?: boolean } = {},
): Db {
  try {
    const file = sqliteFileOf(url)
    const dialect =
      file === undefined
        ? postgresDialect(url, { outageLog, prepare })
        : sqliteDialect(file, outageLog)
    return new Kysely<Schema>({ dialect: observer ? instrument(dialect, observer) : dialect })
  } catch (error) {
    throw toOperatorError(error)
  }
}

/**
 * Opens the database without creating or writing a file. PostgreSQL is opened as usual.
 *
 * @returns undefined if the file does not exist
 * @throws OperatorError if the file can't be used
 */
export function openReadOnly(url: string): Db | undefined {
  const file = sqliteFileOf(url)
  if (file === undefined) return openDatabase(url)
  if (!existsSync(file)) return undefined
  try {
    return new Kysely<Schema>({ dialect: readOnlySqliteDialect(file) })
  } catch (error) {
    throw toOperatorError(error)
  }
}

/**
 * Reads product and version of the database, and the time of its clock if it is not this machine's.
 *
 * @throws OperatorError if it does not answer
 */
export async function databaseInfoOf(
  db: Db,
): Promise<{ name: 'SQLite' | 'PostgreSQL'; version: string; clock?: number }> {
  await ping(db)
  if (!isPostgres(db)) {
    const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db)
    return { name: 'SQLite', version: rows[0]?.version ?? '' }
  }
  const { rows } = await sql<{ version: string; clock: number }>`
    select current_setting('server_version') as version,
      (extract(epoch from clock_timestamp()) * 1000)::bigint as clock`.execute(db)
  return { name: 'PostgreSQL', ...(rows[0] as { version: string; clock: number }) }
}

/** @throws OperatorError if the database does not answer */
export async function ping(db: Db): Promise<void> {
  try {
    await sql`select 1`.execute(db)
  } catch (error) {
    throw postgresUnreachable(error)
  }
}
