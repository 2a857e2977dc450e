import { existsSync } from 'node:fs'
import { Kysely, PostgresAdapter, sql } from 'kysely'
import { postgresUnreachable, toOperatorError } from './errors.ts'
import { type DatabaseObserver, instrument } from './instrumentation.ts'
import { noOutageLog, type OutageLog } from './outage-log.ts'
import { postgresDialect } from './postgres.ts'
import type { Schema } from './schema.ts'
import { readOnlySqliteDialect, sqliteDialect } from './sqlite.ts'
import { sqliteFileOf } from './sqlite-file.ts'

export type Db = Kysely<Schema>

/**
 * While the database can't be used, whatever is asked of it throws a Problem, `unavailable`.
 *
 * @param url `sqlite:<file>` or `postgres://…`
 * @param outageLog is told how each statement went
 * @param observer sees what goes through it
 * @throws CannotStart if the file can't be used; PostgreSQL is not asked yet
 */
export function openDatabase(
  url: string,
  outageLog: OutageLog = noOutageLog,
  observer?: DatabaseObserver,
): Db {
  try {
    const file = sqliteFileOf(url)
    const dialect =
      file === undefined ? postgresDialect(url, outageLog) : sqliteDialect(file, outageLog)
    return new Kysely<Schema>({ dialect: observer ? instrument(dialect, observer) : dialect })
  } catch (error) {
    throw toOperatorError(error)
  }
}

/**
 * To look at a database without writing to it.
 *
 * @returns undefined if there is no such file; whether PostgreSQL is there shows when it is asked
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
 * Which database it is, and what its clock says, if it has one of its own.
 *
 * @throws CannotStart if it does not answer
 */
export async function databaseInfoOf(
  db: Db,
): Promise<{ name: 'SQLite' | 'PostgreSQL'; version: string; clock?: number }> {
  await ping(db)
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) {
    const { rows } = await sql<{ version: string }>`select sqlite_version() as version`.execute(db)
    return { name: 'SQLite', version: rows[0]?.version ?? '' }
  }
  const { rows } = await sql<{ version: string; clock: number }>`
    select current_setting('server_version') as version,
      (extract(epoch from clock_timestamp()) * 1000)::bigint as clock`.execute(db)
  return { name: 'PostgreSQL', ...(rows[0] as { version: string; clock: number }) }
}

export async function ping(db: Db): Promise<void> {
  try {
    await sql`select 1`.execute(db)
  } catch (error) {
    throw postgresUnreachable(error)
  }
}
