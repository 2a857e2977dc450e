import type { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { DEFAULT_MIGRATION_LOCK_TABLE, DEFAULT_MIGRATION_TABLE } from 'kysely/migration'
import { OperatorError } from '../lib/operator-error.ts'
import {
  type CopyProgress,
  compareTable,
  copyTable,
  type Difference,
  maxDifferences,
} from './copy-rows.ts'
import { openSource, signingKeyIdsOf, type Table, tablesOf } from './copy-source.ts'
import { toOperatorError } from './errors.ts'
import { knownMigrations, migrate, unfinishedCopyTable } from './migrate.ts'
import { type Db, openDatabase } from './open.ts'

export interface CopyResult {
  /** Rows of each table, as both sides have them. */
  tables: Record<string, number>
  rows: number
  /** Whether it went on where another run had been cut off. */
  resumed: boolean
  /** What is not the same on both sides: the first of them, without what stands in them. */
  differences: Difference[]
}

/**
 * Copies everything from a SQLite database that nobody else has open to an empty PostgreSQL, then
 * compares both row by row. Cut off, it goes on where it was the next time. Until both are the
 * same, no service starts on the target; the source stays as it is.
 *
 * @param from the file; nobody else can open it meanwhile
 * @param to `postgres://…`
 * @throws CannotStart where it can't begin or go on, saying what to do
 */
export async function copyToPostgres(
  from: string,
  to: string,
  report: (progress: CopyProgress) => void,
): Promise<CopyResult> {
  const source = await openSource(from)
  const target = openDatabase(to)
  try {
    const tables = tablesOf(source)
    const resumed = await prepareTarget(source, target, tables)
    for (const table of tables) await copyTable(source, target, table, report)

    const differences: Difference[] = []
    const counts: Record<string, number> = {}
    for (const table of tables) {
      const comparison = await compareTable(source, target, table, report)
      differences.push(...comparison.differences)
      counts[table.name] = comparison.rows
    }
    if (differences.length === 0)
      await sql`drop table ${sql.table(unfinishedCopyTable)}`.execute(target)
    return {
      tables: counts,
      rows: Object.values(counts).reduce((sum, count) => sum + count, 0),
      resumed,
      differences: differences.slice(0, maxDifferences),
    }
  } catch (error) {
    throw toOperatorError(error)
  } finally {
    source.close()
    await target.destroy()
  }
}

/** Makes the target ready to be filled. @returns whether another run had begun with it */
async function prepareTarget(source: DatabaseSync, target: Db, tables: Table[]): Promise<boolean> {
  const ids = signingKeyIdsOf(source)
  const existing = await listTables(target)
  if (existing.includes(unfinishedCopyTable)) {
    await ensureSameSource(target, ids)
    return true
  }
  const foreign = existing.find((name) => !isOwnTable(name, tables))
  if (foreign !== undefined) throw notEmptyError(`a table “${foreign}” that is not Latchkey’s`)
  await migrate(target)
  for (const { name } of tables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(target)
    if (rows.length > 0) throw notEmptyError(`rows in “${name}”`)
  }
  await sql`create table ${sql.table(unfinishedCopyTable)} as
    select ${JSON.stringify(ids)}::text as source`.execute(target)
  return false
}

async function listTables(target: Db): Promise<string[]> {
  // The migrations look for what is there; this is what says first that nobody answers.
  await pingTarget(target)
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(target)
  return rows.map(({ name }) => name)
}

async function pingTarget(target: Db): Promise<void> {
  try {
    await sql`select 1`.execute(target)
  } catch (cause) {
    const { message, code } = cause as NodeJS.ErrnoException
    throw new OperatorError(
      `The PostgreSQL of --to can’t be used (${message || code}). Look at its address, and whether it runs.`,
      { cause },
    )
  }
}

const kyselyTables = [DEFAULT_MIGRATION_TABLE, DEFAULT_MIGRATION_LOCK_TABLE]
const isOwnTable = (name: string, tables: Table[]) =>
  kyselyTables.includes(name) || tables.some((table) => table.name === name)

function notEmptyError(what: string): OperatorError {
  return new OperatorError(
    `The target is not empty: it has ${what}. Nothing was changed. Make an empty database and give its address.`,
  )
}

/** @throws CannotStart if what is half moved there began with another source or version */
async function ensureSameSource(target: Db, ids: string[]): Promise<void> {
  const { rows } = await sql<{ source: string }>`
    select source from ${sql.table(unfinishedCopyTable)}`.execute(target)
  const startedIds: string[] = JSON.parse(rows[0]?.source ?? '[]')
  if (!startedIds.some((id) => ids.includes(id))) {
    throw new OperatorError(
      'Another database has been half moved to this target. Make an empty one and give its address.',
    )
  }
  const { rows: applied } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(target)
  if (applied.map(({ name }) => name).join() !== (await knownMigrations()).join()) {
    throw new OperatorError(
      'Moving to this target began with another version of Latchkey. Go on with that version, or begin again with an empty database.',
    )
  }
}
