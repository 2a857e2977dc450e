import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresAdapter, sql, type Transaction } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type MigrationProvider, Migrator } from 'kysely/migration'
import { CannotStart } from '../lib/cannot-start.ts'
import { postgres } from './postgres.ts'
import type { Schema } from './schema.ts'
import { sqlite } from './sqlite.ts'
import { unreachable, unusable } from './unusable.ts'
import { type Watcher, watched } from './watch.ts'

export type Db = Kysely<Schema>

/** A transaction. Inside of it use nothing but it: SQLite has one connection, and it is taken. */
export type Tx = Transaction<Schema>

/**
 * @param url `sqlite:<file>` or `postgres://…`
 * @param watcher sees what goes through it
 * @throws CannotStart if the file can't be used; PostgreSQL is not asked yet
 */
export function openStore(url: string, watcher?: Watcher): Db {
  try {
    const dialect = url.startsWith('sqlite:') ? sqlite(url.slice('sqlite:'.length)) : postgres(url)
    return new Kysely<Schema>({ dialect: watcher ? watched(dialect, watcher) : dialect })
  } catch (error) {
    throw unusable(error)
  }
}

/**
 * Brings the database up to date. Processes that start together do it once between them.
 *
 * @returns the names of the migrations that ran
 * @throws CannotStart if the database can't be used, or was made by a newer version
 * @throws Error naming the migration that failed; nothing of it is left behind
 */
export async function migrate(db: Db): Promise<string[]> {
  await reach(db)
  await refuseNewer(db)
  const { error, results = [] } = await migratorOf(db).migrateToLatest()
  if (!error) return results.map((result) => result.migrationName)

  const cause = unusable(error)
  if (cause instanceof CannotStart) throw cause
  const failed = results.find((result) => result.status === 'Error')?.migrationName
  throw new Error(`The database could not be brought up to date${failed ? ` (${failed})` : ''}.`, {
    cause,
  })
}

/** @throws CannotStart if the database can't be used, or lacks a migration */
export async function ensureMigrated(db: Db): Promise<void> {
  await reach(db)
  await refuseNewer(db)
  const pending = (await migratorOf(db).getMigrations()).filter((one) => !one.executedAt)
  if (pending.length > 0) {
    throw new CannotStart(
      'The database is not up to date. Run “latchkey migrate” first, or leave it to the start with LATCHKEY_MIGRATE=on.',
    )
  }
}

async function reach(db: Db): Promise<void> {
  try {
    await sql`select 1`.execute(db)
  } catch (error) {
    throw unreachable(error)
  }
}

/** @throws CannotStart if a migration has run that this version does not know */
async function refuseNewer(db: Db): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return
  const ran = await db
    .withTables<{ [DEFAULT_MIGRATION_TABLE]: { name: string } }>()
    .selectFrom(DEFAULT_MIGRATION_TABLE)
    .select('name')
    .execute()
  const known = await migrations.getMigrations()
  const unknown = ran.find(({ name }) => !(name in known))
  if (unknown) {
    throw new CannotStart(
      `A newer version of Latchkey has brought this database up to date (${unknown.name}). Run that version, or a newer one.`,
    )
  }
}

const migratorOf = (db: Db) => new Migrator({ db, provider: migrations })

/** The numbered files beside this one: `.ts` as it is written, `.js` as it is published. */
const migrations: MigrationProvider = {
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
 * Until this transaction ends, no other one that asks for the same name goes on. For what cannot
 * be decided by one statement, such as counting.
 */
export async function serialize(tx: Tx, name: string): Promise<void> {
  // On SQLite a transaction has the database to itself from its beginning.
  if (tx.getExecutor().adapter instanceof PostgresAdapter) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
  }
}
