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
  /** The number of rows of each table. */
  tables: Record<string, number>
  rows: number
  /** Whether this run continued an interrupted one. */
  resumed: boolean
  /** The first differences between source and target, without values. */
  differences: Difference[]
}

/**
 * Copies all rows of a SQLite database to an empty PostgreSQL database, then compares them row by row.
 * An interrupted copy continues at the next run. Until both databases are equal, no service starts on
 * the target. The source is not changed.
 *
 * @param from the SQLite file, which is locked meanwhile
 * @param to `postgres://…`
 * @throws OperatorError if the copy can't start or continue
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

/** Migrates and marks an empty target. @returns whether an interrupted run had done so before */
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
  // First, so that a target that does not answer is reported as such.
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
      `The PostgreSQL of --to can’t be used (${message || code}). Check its URL, and that it is running.`,
      { cause },
    )
  }
}

const kyselyTables = [DEFAULT_MIGRATION_TABLE, DEFAULT_MIGRATION_LOCK_TABLE]
const isOwnTable = (name: string, tables: Table[]) =>
  kyselyTables.includes(name) || tables.some((table) => table.name === name)

function notEmptyError(what: string): OperatorError {
  return new OperatorError(
    `The target is not empty: it has ${what}. Nothing was changed. Create an empty database and pass its URL.`,
  )
}

/** @throws OperatorError if the unfinished copy is of another source or version */
async function ensureSameSource(target: Db, ids: string[]): Promise<void> {
  const { rows } = await sql<{ source: string }>`
    select source from ${sql.table(unfinishedCopyTable)}`.execute(target)
  const startedIds: string[] = JSON.parse(rows[0]?.source ?? '[]')
  if (!startedIds.some((id) => ids.includes(id))) {
    throw new OperatorError(
      'The target holds an unfinished copy of another database. Create an empty database and pass its URL.',
    )
  }
  const { rows: applied } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(target)
  if (applied.map(({ name }) => name).join() !== knownMigrations().join()) {
    throw new OperatorError(
      'Another version of Latchkey began the copy to this target. Continue with that version, or start again with an empty database.',
    )
  }
}
