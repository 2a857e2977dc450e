import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresAdapter, sql, type Transaction } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type MigrationProvider, Migrator } from 'kysely/migration'
import { OperatorError } from '../lib/operator-error.ts'
import { type DatabaseObserver, instrument } from './instrumentation.ts'
import { noOutageLog, type OutageLog } from './outage-log.ts'
import { noStatementTimeout, postgresDialect } from './postgres.ts'
import type { Schema } from './schema.ts'
import { readOnlySqliteDialect, sqliteDialect } from './sqlite.ts'
import { sqliteFileOf } from './sqlite-file.ts'
import { transaction } from './transaction.ts'
import { postgresUnreachable, toOperatorError } from './unusable.ts'

export type Db = Kysely<Schema>

/**
 * A transaction, opened by `transaction`. Inside of it use nothing but it: SQLite has one connection,
 * and it is taken.
 */
export type Tx = Transaction<Schema>

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

/**
 * Brings the database up to date. Processes that start together do it once between them.
 *
 * @param newerSchema whether one of a newer version is served as it is, where that can be
 * @returns the names of the migrations that ran
 * @throws CannotStart if the database can't be used, or was made by a newer version
 * @throws Error naming the migration that failed; nothing of it is left behind
 */
export async function migrate(db: Db, newerSchema: NewerSchemaPolicy = 'off'): Promise<string[]> {
  await ping(db)
  // It has all that this version knows, and more.
  if (await acceptsNewerSchema(db, newerSchema)) return []
  // Around the transaction after all: whatever fails in it has no result to say this by.
  let failedMigration: string | undefined
  try {
    return await withoutStatementTimeout(db, async (tx) => {
      await advisoryLock(tx, 'migrations')
      const { error, results = [] } = await migratorOf(tx).migrateToLatest()
      failedMigration = results.find((result) => result.status === 'Error')?.migrationName
      if (error) throw error
      return results.map((result) => result.migrationName)
    })
  } catch (error) {
    const cause = toOperatorError(error)
    if (cause instanceof OperatorError) throw cause
    const suffix = failedMigration ? ` (${failedMigration})` : ''
    throw new Error(`The database could not be brought up to date${suffix}.`, { cause })
  }
}

/** @throws CannotStart if the database can't be used, or lacks a migration */
export async function ensureMigrated(
  db: Db,
  newerSchema: NewerSchemaPolicy = 'off',
): Promise<void> {
  await ping(db)
  if (await acceptsNewerSchema(db, newerSchema)) return
  const pending = (await migratorOf(db).getMigrations()).filter(
    (migration) => !migration.executedAt,
  )
  if (pending.length > 0) {
    throw new OperatorError(
      'The database is not up to date. Run “latchkey migrate” first, or leave it to the start with LATCHKEY_MIGRATE=on.',
    )
  }
}

async function ping(db: Db): Promise<void> {
  try {
    await sql`select 1`.execute(db)
  } catch (error) {
    throw postgresUnreachable(error)
  }
}

/** Stands in a database for as long as not everything has been moved there. */
export const unfinishedCopyTable = 'latchkey_move'

/** What to do with a database that a newer version has brought up to date. */
export type NewerSchemaPolicy = 'off' | 'on'

/**
 * Whether a newer version has brought it up to date, and that is to be served. Migrations only add,
 * so that the version before goes on; those that take away say so by their name.
 *
 * @throws CannotStart if it may not be served, or is half moved
 */
async function acceptsNewerSchema(db: Db, newerSchema: NewerSchemaPolicy): Promise<boolean> {
  const { copyUnfinished, applied } = await migrationStateOf(db)
  if (copyUnfinished) {
    throw new OperatorError(
      'Not everything has been moved to this database yet. Run “latchkey copy-to-postgres” to its end first.',
    )
  }
  const known = await knownMigrations()
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length === 0) return false
  const message = `A newer version of Latchkey has brought this database up to date (${unknown[0]}). Run that version, or a newer one.`
  const isCompatible = known.every((name) => applied.includes(name)) && !unknown.some(isContraction)
  if (!isCompatible) throw new OperatorError(`${message} This one can’t serve it.`)
  if (newerSchema === 'off') {
    throw new OperatorError(
      `${message} To go back to this one for a while, read “Upgrade” in docs/operate.md and set LATCHKEY_ALLOW_NEWER_SCHEMA=on.`,
    )
  }
  return true
}

/** What has been done to a database: the migrations that ran, and whether it is half moved. */
export async function migrationStateOf(
  db: Db,
): Promise<{ copyUnfinished: boolean; applied: string[] }> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  const hasTable = (table: string) => tables.some(({ name }) => name === table)
  const rows = hasTable(DEFAULT_MIGRATION_TABLE)
    ? await db
        .withTables<{ [DEFAULT_MIGRATION_TABLE]: { name: string } }>()
        .selectFrom(DEFAULT_MIGRATION_TABLE)
        .select('name')
        .execute()
    : []
  return { copyUnfinished: hasTable(unfinishedCopyTable), applied: rows.map(({ name }) => name) }
}

/** What only the newer version can do without. */
const isContraction = (name: string) => name.includes('-contract-')

const migratorOf = (db: Db | Tx) => new Migrator({ db, provider: migrationProvider })

/** The names of all migrations that this version knows, in order. */
export async function knownMigrations(): Promise<string[]> {
  return Object.keys(await migrationProvider.getMigrations()).sort()
}

/** The numbered files beside this one: `.ts` as it is written, `.js` as it is published. */
const migrationProvider: MigrationProvider = {
  async getMigrations() {
    const folder = join(import.meta.dirname, 'migrations')
    const files = (await readdir(folder)).filter((file) => /^\d.*\.(ts|js)$/.test(file))
    const modules = files.map(async (file) => [
      file.replace(/\.(ts|js)$/, ''),
      await import(`./migrations/${file}`),
    ])
    return Object.fromEntries(await Promise.all(modules))
  },
}

/**
 * A transaction whose statements may take as long as they like: a large table takes its time, and so
 * does whoever migrates before us.
 */
export function withoutStatementTimeout<Result>(
  db: Db,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  return transaction(db, async (tx) => {
    if (isPostgres(tx)) await sql.raw(noStatementTimeout).execute(tx)
    return work(tx)
  })
}

/**
 * Until this transaction ends, no other one that asks for the same name goes on. For what cannot
 * be decided by one statement, such as counting.
 */
export async function advisoryLock(tx: Tx, name: string): Promise<void> {
  // On SQLite a transaction has the database to itself from its beginning.
  if (isPostgres(tx)) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
  }
}

/** The same for many names, one after another in the order given. */
export async function advisoryLockAll(tx: Tx, names: string[]): Promise<void> {
  if (isPostgres(tx)) {
    await sql`
      select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${names}::text[]) as name
    `.execute(tx)
  }
}

function isPostgres(tx: Tx): boolean {
  return tx.getExecutor().adapter instanceof PostgresAdapter
}
