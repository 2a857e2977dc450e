import type { Transaction } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration'
import { OperatorError } from '../lib/operator-error.ts'
import { toOperatorError } from './errors.ts'
import { advisoryLock, withoutStatementTimeout } from './locks.ts'
import { migrations } from './migrations.ts'
import { type Db, ping } from './open.ts'
import type { Schema } from './schema.ts'

/**
 * Runs the migrations that the database lacks, in one transaction. Processes that start together run
 * them once.
 *
 * @param newerSchema `on` accepts a schema of a newer version, unless it breaks this one
 * @returns the names of the migrations that ran
 * @throws OperatorError if the database can't be used, or has a schema that is not accepted
 * @throws Error that names the migration that failed; all of them are rolled back
 */
export async function migrate(db: Db, newerSchema: NewerSchemaPolicy = 'off'): Promise<string[]> {
  await ping(db)
  // It has every migration of this version, and more.
  if (await acceptsNewerSchema(db, newerSchema)) return []
  // Outside of the transaction, which has no result if it fails.
  let failedMigration: string | undefined
  try {
    return await withoutStatementTimeout(db, async (tx) => {
      failedMigration = undefined
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

/** @throws OperatorError if the database can't be used, lacks a migration, or has an unaccepted one */
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
      'The database is not up to date. Run “latchkey migrate” first, or set LATCHKEY_MIGRATE=on, and the service does it when it starts.',
    )
  }
}

/** Marks the target of `latchkey copy-to-postgres` until the copy is complete. */
export const unfinishedCopyTable = 'latchkey_copy'

/** Whether to work with a schema that a newer version has migrated. */
export type NewerSchemaPolicy = 'off' | 'on'

/**
 * Checks whether a newer version has migrated the schema, and whether this version accepts that.
 * Migrations only add, so that the version before them goes on working; one that removes something
 * has `-contract-` in its name.
 *
 * @returns false if the schema is not newer
 * @throws OperatorError if the schema is newer and not accepted, or a copy to it is unfinished
 */
async function acceptsNewerSchema(db: Db, newerSchema: NewerSchemaPolicy): Promise<boolean> {
  const { copyUnfinished, applied } = await migrationStateOf(db)
  if (copyUnfinished) {
    throw new OperatorError(
      'The copy to this database is unfinished. Run “latchkey copy-to-postgres” again to finish it.',
    )
  }
  const known = knownMigrations()
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length === 0) return false
  const message = `A newer version of Latchkey has migrated this database (${unknown[0]}). Run that version or a newer one.`
  const isCompatible = known.every((name) => applied.includes(name)) && !unknown.some(isContraction)
  if (!isCompatible) throw new OperatorError(`${message} This version can’t use it.`)
  if (newerSchema === 'off') {
    throw new OperatorError(
      `${message} To return to this version for a while, read “Upgrade” in docs/operate.md and set LATCHKEY_ALLOW_NEWER_SCHEMA=on.`,
    )
  }
  return true
}

/** Reads which migrations have run, and whether a copy to this database is unfinished. */
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

/** Whether a migration removes something that older versions use. */
const isContraction = (name: string) => name.includes('-contract-')

const migratorOf = (db: Db | Transaction<Schema>) =>
  new Migrator({ db, provider: { getMigrations: async () => migrations } })

/** The names of all migrations that this version knows, in order. */
export function knownMigrations(): string[] {
  return Object.keys(migrations).sort()
}
