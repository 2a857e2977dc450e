import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Transaction } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type MigrationProvider, Migrator } from 'kysely/migration'
import { OperatorError } from '../lib/operator-error.ts'
import { toOperatorError } from './errors.ts'
import { advisoryLock, withoutStatementTimeout } from './locks.ts'
import { type Db, ping } from './open.ts'
import type { Schema } from './schema.ts'

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

const migratorOf = (db: Db | Transaction<Schema>) =>
  new Migrator({ db, provider: migrationProvider })

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
