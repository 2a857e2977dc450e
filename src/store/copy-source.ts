import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { DEFAULT_MIGRATION_TABLE } from 'kysely/migration'
import { OperatorError } from '../lib/operator-error.ts'
import { toOperatorError } from './errors.ts'
import { knownMigrations } from './migrate.ts'

export type TableRow = Record<string, SQLInputValue>

export interface Table {
  name: string
  columns: string[]
  /** The columns of the primary key. */
  key: { name: string; text: boolean }[]
}

/**
 * Opens a SQLite database to read it, and locks it exclusively until it is closed.
 *
 * @throws OperatorError if it is missing, in use, of another version, or was never used
 */
export async function openSource(file: string): Promise<DatabaseSync> {
  if (!existsSync(file)) throw new OperatorError(`There is no database at ${resolve(file)}.`)
  const db = new DatabaseSync(file, { timeout: 1000 })
  try {
    lockExclusively(db)
    await ensureSameVersion(db)
    if (signingKeyIdsOf(db).length === 0) {
      throw new OperatorError('There is nothing to copy: no service has ever run on this database.')
    }
    return db
  } catch (error) {
    db.close()
    throw toOperatorError(error)
  }
}

function lockExclusively(db: DatabaseSync): void {
  try {
    // In WAL mode this fails while another connection is open, reading or not.
    db.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== 5) throw error
    throw new OperatorError(
      'The SQLite database is in use. Stop Latchkey first: changes made during the copy would be lost.',
    )
  }
}

async function ensureSameVersion(db: DatabaseSync): Promise<void> {
  const hasMigrationTable = db
    .prepare('select 1 from sqlite_schema where name = ?')
    .get(DEFAULT_MIGRATION_TABLE)
  const applied = hasMigrationTable
    ? db.prepare(`select name from ${DEFAULT_MIGRATION_TABLE} order by name`).all()
    : []
  if (applied.map(({ name }) => name).join() === knownMigrations().join()) return
  throw new OperatorError(
    'The SQLite database belongs to another version of Latchkey. Copy it with that version, or run “latchkey migrate” first.',
  )
}

/** The ids of the signing keys, which identify a database. */
export function signingKeyIdsOf(db: DatabaseSync): string[] {
  const rows = db.prepare('select id from signing_key order by id').all()
  return rows.map(({ id }) => String(id))
}

/** All tables, each after the tables that it references. */
export function tablesOf(db: DatabaseSync): Table[] {
  const names = db
    .prepare(
      `select name from sqlite_schema where type = 'table'
       and name not like 'sqlite\\_%' escape '\\' and name not like 'kysely\\_%' escape '\\' order by name`,
    )
    .all()
    .map(({ name }) => String(name))
  const sorted: string[] = []
  const visit = (name: string, path: string[]): void => {
    if (sorted.includes(name)) return
    if (path.includes(name)) throw new Error(`Tables reference each other: ${[...path, name]}`)
    const references = db
      .prepare('select "table" as name from pragma_foreign_key_list(?)')
      .all(name)
    for (const other of references)
      if (other.name !== name) visit(String(other.name), [...path, name])
    sorted.push(name)
  }
  for (const name of names) visit(name, [])
  return sorted.map((name) => tableOf(db, name))
}

function tableOf(db: DatabaseSync, name: string): Table {
  const columns = db.prepare('select name, type, pk from pragma_table_info(?)').all(name)
  const key = columns
    .filter(({ pk }) => Number(pk) > 0)
    .sort((a, b) => Number(a.pk) - Number(b.pk))
    .map((column) => ({ name: String(column.name), text: column.type === 'TEXT' }))
  if (key.length === 0) throw new Error(`The table ${name} has no primary key.`)
  return { name, columns: columns.map((column) => String(column.name)), key }
}

/** The next rows in the order of their keys. @param after the row before them */
export function rowsAfter(
  db: DatabaseSync,
  table: Table,
  after: TableRow | undefined,
  limit: number,
): TableRow[] {
  const { name, columns } = table
  const keys = names(table.key.map((column) => column.name))
  const where = after ? `where (${keys}) > (${table.key.map(() => '?')})` : ''
  return db
    .prepare(`select ${names(columns)} from "${name}" ${where} order by ${keys} limit ?`)
    .all(...(after ? keyOf(table, after) : []), limit)
}

/** Counts the rows of a table. @param upTo the last row to count; all by default */
export function countRows(db: DatabaseSync, table: Table, upTo?: TableRow): number {
  const keys = names(table.key.map((column) => column.name))
  const where = upTo ? `where (${keys}) <= (${table.key.map(() => '?')})` : ''
  const row = db
    .prepare(`select count(*) as counted from "${table.name}" ${where}`)
    .get(...(upTo ? keyOf(table, upTo) : []))
  return Number(row?.counted)
}

const names = (columns: string[]) => columns.map((column) => `"${column}"`).join(', ')

const keyOf = ({ key }: Table, row: TableRow) => key.map(({ name }) => row[name] as SQLInputValue)

export const formatKey = (table: Table, row: TableRow) => keyOf(table, row).join(', ')
