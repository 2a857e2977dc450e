import { sql } from 'kysely'
import { type Keyring, parseKeyring } from '../../keys/keyring.ts'
import { listSealedColumns, sealContext } from '../../keys/sealed-columns.ts'
import type { Db } from '../../store/open.ts'
import { type Finding, fail, ok } from './finding.ts'

/**
 * Checks that the configured keys are those of this database: that every sealed value names one of
 * them, and that the oldest and newest value of each column and key can be opened.
 */
export async function checkKeys(db: Db, list: string): Promise<Finding[]> {
  const keyring = parseKeyring(list)
  const ids = list.split(',').map((entry) => entry.trim().split(':', 1)[0] ?? '')
  const findings: Finding[] = []
  let total = 0
  for (const { name, table, column, boundColumn } of listSealedColumns()) {
    const rows = await countRows(db, table, column)
    total += rows
    let openable = 0
    let unopenable = 0
    for (const id of ids) {
      openable += await countRows(db, table, column, id)
      for (const direction of ['asc', 'desc'] as const) {
        const row = await findRow(db, { table, column, boundColumn }, id, direction)
        if (row && !canOpen(keyring, row.sealed, sealContext(table, row.bound_to))) unopenable += 1
      }
    }
    if (openable < rows) {
      findings.push(
        fail(
          'keys',
          `${rows - openable} of ${rows} in ${name} need an encryption key that is not configured.`,
          todo,
        ),
      )
    } else if (unopenable > 0) {
      findings.push(
        fail('keys', `Values in ${name} can’t be opened with the configured keys.`, todo),
      )
    }
  }
  if (findings.length > 0) return findings
  return [
    ok(
      'keys',
      `The configured ${ids.length > 1 ? `${ids.length} keys open` : 'key opens'} all ${total} sealed values.`,
    ),
  ]
}

const todo =
  'Set LATCHKEY_ENCRYPTION_KEYS to all keys that this database was used with, the newest first.'

/** Counts the sealed values of a column. @param id counts those of one key only */
async function countRows(db: Db, table: string, column: string, id?: string): Promise<number> {
  const value = sql.ref(column)
  const { rows } = await sql<{
    counted: number
  }>`select count(*) as counted from ${sql.table(table)}
    where ${id === undefined ? sql`${value} is not null` : isSealedWith(column, id)}`.execute(db)
  return rows[0]?.counted ?? 0
}

async function findRow(
  db: Db,
  { table, column, boundColumn }: { table: string; column: string; boundColumn: string },
  id: string,
  direction: 'asc' | 'desc',
): Promise<{ sealed: string; bound_to: string } | undefined> {
  const { rows } = await sql<{ sealed: string; bound_to: string }>`
    select ${sql.ref(column)} as sealed, ${sql.ref(boundColumn)} as bound_to from ${sql.table(table)}
    where ${isSealedWith(column, id)} order by created_at ${sql.raw(direction)} limit 1`.execute(db)
  return rows[0]
}

/** A condition: a sealed value begins with the id of its key and a dot. */
function isSealedWith(column: string, id: string) {
  const prefix = `${id}.`
  return sql`substr(${sql.ref(column)}, 1, cast(${prefix.length} as integer)) = ${prefix}`
}

function canOpen(keyring: Keyring, sealed: string, context: string): boolean {
  try {
    keyring.open(sealed, context)
    return true
  } catch {
    return false
  }
}
