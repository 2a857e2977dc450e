import type { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { CannotStart } from '../lib/cannot-start.ts'
import { keyText, type Row, rowsAfter, rowsBefore, type Table } from './move-source.ts'
import { type Db, unhurried } from './open.ts'
import { unusable } from './unusable.ts'

/** How far it has come. */
export interface MoveProgress {
  doing: 'copying' | 'comparing'
  table: string
  done: number
  of: number
}

/** A row, by its key, that is not the same on both sides. */
export interface Difference {
  table: string
  key: string
  what: string
}

/** Enough that a round trip weighs nothing, and little to hold. */
const batch = 1000

/** More would be read by nobody. */
export const differencesNamed = 20

/** Copies what is not there yet, in the order of the keys. */
export async function copy(
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

/** Compares every row by what stands in it. */
export async function compare(
  source: DatabaseSync,
  target: Db,
  table: Table,
  report: (progress: MoveProgress) => void,
): Promise<{ rows: number; differences: Difference[] }> {
  const differences: Difference[] = []
  const of = rowsBefore(source, table)
  let after: Row | undefined
  let done = 0
  let found = 0
  for (;;) {
    const rows = rowsAfter(source, table, after, batch)
    const copies = new Map(
      (await copiesOf(target, table, rows)).map((row) => [keyText(table, row), row]),
    )
    found += copies.size
    for (const row of rows) {
      const difference = differenceOf(table, row, copies.get(keyText(table, row)))
      if (difference && differences.length < differencesNamed) differences.push(difference)
    }
    done += rows.length
    report({ doing: 'comparing', table: table.name, done, of })
    if (rows.length < batch) break
    after = rows.at(-1)
  }
  const { rows: counted } = await unhurried(target, (tx) =>
    sql<{ there: number }>`select count(*) as there from ${sql.table(table.name)}`.execute(tx),
  )
  // Every row of the source was looked for, so that what is more can only be surplus.
  const surplus = (counted[0]?.there ?? 0) - found
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
