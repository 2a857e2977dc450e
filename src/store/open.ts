import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresAdapter, sql, type Transaction } from 'kysely'
import { type MigrationProvider, Migrator } from 'kysely/migration'
import { postgres } from './postgres.ts'
import type { Schema } from './schema.ts'
import { sqlite } from './sqlite.ts'

export type Db = Kysely<Schema>

/** A transaction. Inside of it use nothing but it: SQLite has one connection, and it is taken. */
export type Tx = Transaction<Schema>

/** @param url `sqlite:<file>` or `postgres://…` */
export function openStore(url: string): Db {
  const dialect = url.startsWith('sqlite:') ? sqlite(url.slice('sqlite:'.length)) : postgres(url)
  return new Kysely<Schema>({ dialect })
}

/**
 * Brings the database up to date. Processes that start together do it once between them.
 *
 * @returns the names of the migrations that ran
 * @throws Error naming the migration that failed; nothing of it is left behind
 */
export async function migrate(db: Db): Promise<string[]> {
  const migrator = new Migrator({ db, provider: migrations })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) {
    const failed = results.find((result) => result.status === 'Error')?.migrationName
    throw new Error(
      `The database could not be brought up to date${failed ? ` (${failed})` : ''}.`,
      {
        cause: error,
      },
    )
  }
  return results.map((result) => result.migrationName)
}

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
