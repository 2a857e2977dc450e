import type { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { OperatorError } from '../lib/operator-error.ts'
import { countRows, formatKey, rowsAfter, type Table, type TableRow } from './copy-source.ts'
import { toOperatorError } from './errors.ts'
import { withoutStatementTimeout } from './locks.ts'
import type { Db } from './open.ts'

/** Progress on one table, in rows. */
export interface CopyProgress {
  phase: 'copying' | 'comparing'
  table: string
  done: number
  total: number
}

/** A row that differs between source and target, or the number of surplus rows of a table. */
export interface Difference {
  table: string
  key: string
  what: string
}

/** Rows per round trip: enough to make its latency negligible, few enough to hold in memory. */
const batchSize = 1000

/** Enough to see what differs. */
export const maxDifferences = 20

/** Copies the rows that the target lacks, in the order of their keys. */
export async function copyTable(
  source: DatabaseSync,
  target: Db,
  table: Table,
  report: (progress: CopyProgress) => void,
): Promise<void> {
  let after = await lastCopiedKey(target, table)
  const total = countRows(source, table)
  let done = after ? countRows(source, table, after) : 0
  for (;;) {
    const rows = rowsAfter(source, table, after, batchSize)
    if (rows.length > 0) await insertRows(target, table, rows)
    done += rows.length
    report({ phase: 'copying', table: table.name, done, total })
    if (rows.length < batchSize) return
    after = rows.at(-1)
  }
}

/** The key of the last copied row: rows arrive in the order of their keys, in whole batches. */
async function lastCopiedKey(target: Db, { name, key }: Table): Promise<TableRow | undefined> {
  const columns = key.map((column) => sql.ref(column.name))
  // In the order of SQLite: byte by byte.
  const order = key.map((column) =>
    column.text ? sql`${sql.ref(column.name)} collate "C" desc` : sql`${sql.ref(column.name)} desc`,
  )
  const { rows } = await sql<TableRow>`select ${sql.join(columns)} from ${sql.table(name)}
    order by ${sql.join(order)} limit 1`.execute(target)
  return rows[0]
}

async function insertRows(target: Db, { name, columns }: Table, rows: TableRow[]): Promise<void> {
  const refs = sql.join(columns.map((column) => sql.ref(column)))
  try {
    await sql`insert into ${sql.table(name)} (${refs})
      select ${refs} from json_populate_recordset(null::${sql.table(name)}, ${JSON.stringify(rows)})`.execute(
      target,
    )
  } catch (error) {
    const cause = toOperatorError(error)
    if (cause instanceof OperatorError) throw cause
    throw new OperatorError(
      `PostgreSQL rejected rows of “${name}” (${(error as Error).message}). The rows copied so far stay; run this again to continue.`,
      { cause },
    )
  }
}

/** Compares every column of every row. */
export async function compareTable(
  source: DatabaseSync,
  target: Db,
  table: Table,
  report: (progress: CopyProgress) => void,
): Promise<{ rows: number; differences: Difference[] }> {
  const differences: Difference[] = []
  const total = countRows(source, table)
  let after: TableRow | undefined
  let done = 0
  let found = 0
  for (;;) {
    const rows = rowsAfter(source, table, after, batchSize)
    const copies = new Map(
      (await copiesOf(target, table, rows)).map((row) => [formatKey(table, row), row]),
    )
    found += copies.size
    for (const row of rows) {
      const difference = differenceOf(table, row, copies.get(formatKey(table, row)))
      if (difference && differences.length < maxDifferences) differences.push(difference)
    }
    done += rows.length
    report({ phase: 'comparing', table: table.name, done, total })
    if (rows.length < batchSize) break
    after = rows.at(-1)
  }
  const { rows: counted } = await withoutStatementTimeout(target, (tx) =>
    sql<{ there: number }>`select count(*) as there from ${sql.table(table.name)}`.execute(tx),
  )
  // Every row of the source has been searched for, so all others are surplus.
  const surplus = (counted[0]?.there ?? 0) - found
  if (surplus > 0)
    differences.push({ table: table.name, key: '', what: `surplus rows: ${surplus}` })
  return { rows: done, differences }
}

async function copiesOf(
  target: Db,
  { name, columns, key }: Table,
  rows: TableRow[],
): Promise<TableRow[]> {
  const keys = rows.map((row) => Object.fromEntries(key.map((c) => [c.name, row[c.name]])))
  const refs = columns.map((column) => sql.ref(`${name}.${column}`))
  const result = await sql<TableRow>`select ${sql.join(refs)}
    from json_populate_recordset(null::${sql.table(name)}, ${JSON.stringify(keys)}) as wanted
    join ${sql.table(name)} using (${sql.join(key.map((column) => sql.ref(column.name)))})`.execute(
    target,
  )
  return result.rows
}

function differenceOf(
  table: Table,
  row: TableRow,
  copied: TableRow | undefined,
): Difference | undefined {
  const place = { table: table.name, key: formatKey(table, row) }
  if (!copied) return { ...place, what: 'missing' }
  const different = table.columns.filter((column) => row[column] !== copied[column])
  return different.length > 0 ? { ...place, what: `different: ${different.join(', ')}` } : undefined
}
