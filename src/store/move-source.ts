import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { DEFAULT_MIGRATION_TABLE } from 'kysely/migration'
import { CannotStart } from '../lib/cannot-start.ts'
import { knownMigrations } from './open.ts'
import { unusable } from './unusable.ts'

export type Row = Record<string, SQLInputValue>

export interface Table {
  name: string
  columns: string[]
  /** Its primary key. */
  key: { name: string; text: boolean }[]
}

/**
 * Opens the database to read it, and keeps everybody else out until it is closed.
 *
 * @throws CannotStart if it is not there, in use, of another version, or was never used
 */
export async function openSource(file: string): Promise<DatabaseSync> {
  if (!existsSync(file)) throw new CannotStart(`There is no database at ${resolve(file)}.`)
  const db = new DatabaseSync(file, { timeout: 1000 })
  try {
    lock(db)
    await refuseOtherVersion(db)
    if (idsOf(db).length === 0) {
      throw new CannotStart('There is nothing to move: no service has ever run on this database.')
    }
    return db
  } catch (error) {
    db.close()
    throw unusable(error)
  }
}

function lock(db: DatabaseSync): void {
  try {
    // With the write-ahead log this fails while anybody has it open, reading or not.
    db.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== 5) throw error
    throw new CannotStart(
      'The SQLite database is in use. Stop Latchkey first: what it wrote meanwhile would be left behind.',
    )
  }
}

async function refuseOtherVersion(db: DatabaseSync): Promise<void> {
  const made = db.prepare('select 1 from sqlite_schema where name = ?').get(DEFAULT_MIGRATION_TABLE)
  const ran = made
    ? db.prepare(`select name from ${DEFAULT_MIGRATION_TABLE} order by name`).all()
    : []
  if (ran.map(({ name }) => name).join() === (await knownMigrations()).join()) return
  throw new CannotStart(
    'The SQLite database is of another version of Latchkey. Move it with that version, or bring it up to date first: “latchkey migrate”.',
  )
}

/** What tells one database from another: the ids of its signing keys. */
export function idsOf(db: DatabaseSync): string[] {
  const rows = db.prepare('select id from signing_key order by id').all()
  return rows.map(({ id }) => String(id))
}

/** Every table there is, each after those that its rows refer to. */
export function tablesOf(db: DatabaseSync): Table[] {
  const names = db
    .prepare(
      `select name from sqlite_schema where type = 'table'
       and name not like 'sqlite\\_%' escape '\\' and name not like 'kysely\\_%' escape '\\' order by name`,
    )
    .all()
    .map(({ name }) => String(name))
  const sorted: string[] = []
  const visit = (name: string, from: string[]): void => {
    if (sorted.includes(name)) return
    if (from.includes(name)) throw new Error(`Rows refer to each other: ${[...from, name]}`)
    const refers = db.prepare('select "table" as name from pragma_foreign_key_list(?)').all(name)
    for (const other of refers) if (other.name !== name) visit(String(other.name), [...from, name])
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

/** The next rows in the order of their keys. */
export function rowsAfter(
  db: DatabaseSync,
  table: Table,
  after: Row | undefined,
  limit: number,
): Row[] {
  const { name, columns } = table
  const keys = names(table.key.map((column) => column.name))
  const where = after ? `where (${keys}) > (${table.key.map(() => '?')})` : ''
  return db
    .prepare(`select ${names(columns)} from "${name}" ${where} order by ${keys} limit ?`)
    .all(...(after ? keyOf(table, after) : []), limit)
}

/** How many rows there are, up to and with the one of a key if one is given. */
export function rowsBefore(db: DatabaseSync, table: Table, upTo?: Row): number {
  const keys = names(table.key.map((column) => column.name))
  const where = upTo ? `where (${keys}) <= (${table.key.map(() => '?')})` : ''
  const row = db
    .prepare(`select count(*) as counted from "${table.name}" ${where}`)
    .get(...(upTo ? keyOf(table, upTo) : []))
  return Number(row?.counted)
}

const names = (columns: string[]) => columns.map((column) => `"${column}"`).join(', ')

const keyOf = ({ key }: Table, row: Row) => key.map(({ name }) => row[name] as SQLInputValue)

export const keyText = (table: Table, row: Row) => keyOf(table, row).join(', ')
