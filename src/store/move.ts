import type { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { DEFAULT_MIGRATION_LOCK_TABLE, DEFAULT_MIGRATION_TABLE } from 'kysely/migration'
import { CannotStart } from '../lib/cannot-start.ts'
import {
  type Difference,
  idsOf,
  keyText,
  openSource,
  type Row,
  rowsAfter,
  rowsBefore,
  type Table,
  tablesOf,
} from './move-source.ts'
import { type Db, halfMovedTable, knownMigrations, migrate, openStore } from './open.ts'
import { unusable } from './unusable.ts'

/** How far it has come. */
export interface MoveProgress {
  doing: 'copying' | 'comparing'
  table: string
  done: number
  of: number
}

export interface Moved {
  /** Rows of each table, as both sides have them. */
  tables: Record<string, number>
  rows: number
  /** Whether it went on where another run had been cut off. */
  resumed: boolean
  /** What is not the same on both sides: the first of them, without what stands in them. */
  differences: Difference[]
}

/** Enough that a round trip weighs nothing, and little to hold. */
const batch = 1000

/** More would be read by nobody. */
const differencesNamed = 20

/**
 * Copies everything from a SQLite database that nobody else has open to an empty PostgreSQL, then
 * compares both row by row. Cut off, it goes on where it was the next time. Until both are the
 * same, no service starts on the target; the source stays as it is.
 *
 * @param from the file; nobody else can open it meanwhile
 * @param to `postgres://…`
 * @throws CannotStart where it can't begin or go on, saying what to do
 */
export async function move(
  from: string,
  to: string,
  report: (progress: MoveProgress) => void,
): Promise<Moved> {
  const source = await openSource(from)
  const target = openStore(to)
  try {
    const tables = tablesOf(source)
    const resumed = await prepare(source, target, tables)
    for (const table of tables) await copy(source, target, table, report)

    const differences: Difference[] = []
    const counts: Record<string, number> = {}
    for (const table of tables) {
      const found = await compare(source, target, table, report)
      differences.push(...found.differences)
      counts[table.name] = found.rows
    }
    if (differences.length === 0) await sql`drop table ${sql.table(halfMovedTable)}`.execute(target)
    return {
      tables: counts,
      rows: Object.values(counts).reduce((sum, count) => sum + count, 0),
      resumed,
      differences: differences.slice(0, differencesNamed),
    }
  } catch (error) {
    throw unusable(error)
  } finally {
    source.close()
    await target.destroy()
  }
}

/** Makes the target ready to be filled. @returns whether another run had begun with it */
async function prepare(source: DatabaseSync, target: Db, tables: Table[]): Promise<boolean> {
  const ids = idsOf(source)
  const there = await tablesThere(target)
  if (there.includes(halfMovedTable)) {
    await refuseOther(target, ids)
    return true
  }
  const foreign = there.find((name) => !ours(name, tables))
  if (foreign !== undefined) throw notEmpty(`a table “${foreign}” that is not Latchkey’s`)
  await migrate(target)
  for (const { name } of tables) {
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(target)
    if (rows.length > 0) throw notEmpty(`rows in “${name}”`)
  }
  await sql`create table ${sql.table(halfMovedTable)} as
    select ${JSON.stringify(ids)}::text as source`.execute(target)
  return false
}

async function tablesThere(target: Db): Promise<string[]> {
  // The migrations look for what is there; this is what says first that nobody answers.
  await reachTarget(target)
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(target)
  return rows.map(({ name }) => name)
}

async function reachTarget(target: Db): Promise<void> {
  try {
    await sql`select 1`.execute(target)
  } catch (cause) {
    const { message, code } = cause as NodeJS.ErrnoException
    throw new CannotStart(
      `The PostgreSQL of --to can’t be used (${message || code}). Look at its address, and whether it runs.`,
      { cause },
    )
  }
}

const kyselys = [DEFAULT_MIGRATION_TABLE, DEFAULT_MIGRATION_LOCK_TABLE]
const ours = (name: string, tables: Table[]) =>
  kyselys.includes(name) || tables.some((table) => table.name === name)

function notEmpty(what: string): CannotStart {
  return new CannotStart(
    `The target is not empty: it has ${what}. Nothing was changed. Make an empty database and give its address.`,
  )
}

/** @throws CannotStart if what is half moved there began with another source or version */
async function refuseOther(target: Db, ids: string[]): Promise<void> {
  const { rows } = await sql<{ source: string }>`
    select source from ${sql.table(halfMovedTable)}`.execute(target)
  const begun: string[] = JSON.parse(rows[0]?.source ?? '[]')
  if (!begun.some((id) => ids.includes(id))) {
    throw new CannotStart(
      'Another database has been half moved to this target. Make an empty one and give its address.',
    )
  }
  const { rows: ran } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(target)
  if (ran.map(({ name }) => name).join() !== (await knownMigrations()).join()) {
    throw new CannotStart(
      'Moving to this target began with another version of Latchkey. Go on with that version, or begin again with an empty database.',
    )
  }
}

async function copy(
  source: DatabaseSync,
  target: Db,
  table: Table,
  report: (progress: MoveProgress) => void,
): Promise<void> {
  let after = await lastKey(target, table)
  const of = rowsBefore(source, table)
  let done = after ? rowsBefore(source, table, after) : 0
  for (;;) {
    const rows = rowsAfter(source, table, after, batch)
    if (rows.length > 0) await insert(target, table, rows)
    done += rows.length
    report({ doing: 'copying', table: table.name, done, of })
    if (rows.length < batch) return
    after = rows.at(-1)
  }
}

/** The row that was copied last: they go in the order of their keys, a batch or none. */
async function lastKey(target: Db, { name, key }: Table): Promise<Row | undefined> {
  const columns = key.map((column) => sql.ref(column.name))
  // The order that SQLite has: byte by byte.
  const order = key.map((column) =>
    column.text ? sql`${sql.ref(column.name)} collate "C" desc` : sql`${sql.ref(column.name)} desc`,
  )
  const { rows } = await sql<Row>`select ${sql.join(columns)} from ${sql.table(name)}
    order by ${sql.join(order)} limit 1`.execute(target)
  return rows[0]
}

async function insert(target: Db, { name, columns }: Table, rows: Row[]): Promise<void> {
  const refs = sql.join(columns.map((column) => sql.ref(column)))
  try {
    await sql`insert into ${sql.table(name)} (${refs})
      select ${refs} from json_populate_recordset(null::${sql.table(name)}, ${JSON.stringify(rows)})`.execute(
      target,
    )
  } catch (error) {
    const cause = unusable(error)
    if (cause instanceof CannotStart) throw cause
    throw new CannotStart(
      `PostgreSQL doesn’t take the next rows of “${name}” (${(error as Error).message}). What was copied stays; run this again to go on.`,
      { cause },
    )
  }
}

async function compare(
  source: DatabaseSync,
  target: Db,
  table: Table,
  report: (progress: MoveProgress) => void,
): Promise<{ rows: number; differences: Difference[] }> {
  const differences: Difference[] = []
  const of = rowsBefore(source, table)
  let after: Row | undefined
  let done = 0
  for (;;) {
    const rows = rowsAfter(source, table, after, batch)
    const copies = new Map(
      (await copiesOf(target, table, rows)).map((row) => [keyText(table, row), row]),
    )
    for (const row of rows) {
      const difference = differenceOf(table, row, copies.get(keyText(table, row)))
      if (difference && differences.length < differencesNamed) differences.push(difference)
    }
    done += rows.length
    report({ doing: 'comparing', table: table.name, done, of })
    if (rows.length < batch) break
    after = rows.at(-1)
  }
  const { rows: counted } = await sql<{ there: number }>`
    select count(*) as there from ${sql.table(table.name)}`.execute(target)
  // Every row of the source was looked for, so that what is more can only be surplus.
  const surplus = (counted[0]?.there ?? 0) - of
  if (surplus > 0)
    differences.push({ table: table.name, key: '', what: `${surplus} rows too many` })
  return { rows: done, differences }
}

async function copiesOf(target: Db, { name, columns, key }: Table, rows: Row[]): Promise<Row[]> {
  const keys = rows.map((row) => Object.fromEntries(key.map((c) => [c.name, row[c.name]])))
  const refs = columns.map((column) => sql.ref(`${name}.${column}`))
  const result = await sql<Row>`select ${sql.join(refs)}
    from json_populate_recordset(null::${sql.table(name)}, ${JSON.stringify(keys)}) as wanted
    join ${sql.table(name)} using (${sql.join(key.map((column) => sql.ref(column.name)))})`.execute(
    target,
  )
  return result.rows
}

function differenceOf(table: Table, row: Row, copied: Row | undefined): Difference | undefined {
  const at = { table: table.name, key: keyText(table, row) }
  if (!copied) return { ...at, what: 'missing' }
  const different = table.columns.filter((column) => row[column] !== copied[column])
  return different.length > 0 ? { ...at, what: `different: ${different.join(', ')}` } : undefined
}
