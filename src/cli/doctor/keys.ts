import { sql } from 'kysely'
import { type Keyring, parseKeyring } from '../../keys/keyring.ts'
import { listSealedColumns, sealContext } from '../../keys/sealed-columns.ts'
import type { Db } from '../../store/open.ts'
import { type Finding, fail, ok } from './finding.ts'

/**
 * Whether the keys are those of this database. That each sealed row names a key which is given is
 * looked up for all of them; that the key is the right one, for the oldest and the newest of each.
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
          `${rows - openable} of ${rows} in ${name} need an encryption key that is not given.`,
          todo,
        ),
      )
    } else if (unopenable > 0) {
      findings.push(fail('keys', `What is in ${name} can’t be opened with the keys given.`, todo))
    }
  }
  if (findings.length > 0) return findings
  return [
    ok(
      'keys',
      `The ${ids.length > 1 ? `${ids.length} keys open` : 'key opens'} what is sealed: ${total} rows.`,
    ),
  ]
}

const todo =
  'Give LATCHKEY_ENCRYPTION_KEYS all the keys that this database was used with, the newest first.'

/** Rows with something sealed there; those that name one key, if one is given. */
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

/** What is sealed begins with the id of its key and a dot. */
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
