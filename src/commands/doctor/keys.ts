import { sql } from 'kysely'
import { sealedColumns } from '../../keys/sealed.ts'
import { type Keys, openKeys } from '../../lib/keys.ts'
import type { Db } from '../../store/open.ts'
import { type Finding, fail, ok } from './finding.ts'

/**
 * Whether the keys are those of this database. That each sealed row names a key which is given is
 * looked up for all of them; that the key is the right one, for the oldest and the newest of each.
 */
export async function checkKeys(db: Db, list: string): Promise<Finding[]> {
  const keys = openKeys(list)
  const ids = list.split(',').map((entry) => entry.trim().split(':', 1)[0] ?? '')
  const findings: Finding[] = []
  let counted = 0
  for (const [place, { by, context }] of Object.entries(sealedColumns)) {
    const [table = '', column = ''] = place.split('.')
    const rows = await countOf(db, table, column)
    counted += rows
    let named = 0
    let spoilt = 0
    for (const id of ids) {
      named += await countOf(db, table, column, id)
      for (const direction of ['asc', 'desc'] as const) {
        const row = await rowOf(db, { table, column, by }, id, direction)
        if (row && !opens(keys, row.sealed, context(row.bound))) spoilt += 1
      }
    }
    if (named < rows) {
      findings.push(
        fail(
          'keys',
          `${rows - named} of ${rows} in ${place} need an encryption key that is not given.`,
          todo,
        ),
      )
    } else if (spoilt > 0) {
      findings.push(fail('keys', `What is in ${place} can’t be opened with the keys given.`, todo))
    }
  }
  if (findings.length > 0) return findings
  return [
    ok(
      'keys',
      `The ${ids.length > 1 ? `${ids.length} keys open` : 'key opens'} what is sealed: ${counted} rows.`,
    ),
  ]
}

const todo =
  'Give LATCHKEY_ENCRYPTION_KEYS all the keys that this database was used with, the newest first.'

/** Rows with something sealed there; those that name one key, if one is given. */
async function countOf(db: Db, table: string, column: string, id?: string): Promise<number> {
  const value = sql.ref(column)
  const { rows } = await sql<{
    counted: number
  }>`select count(*) as counted from ${sql.table(table)}
    where ${id === undefined ? sql`${value} is not null` : namesKey(column, id)}`.execute(db)
  return rows[0]?.counted ?? 0
}

async function rowOf(
  db: Db,
  { table, column, by }: { table: string; column: string; by: string },
  id: string,
  direction: 'asc' | 'desc',
): Promise<{ sealed: string; bound: string } | undefined> {
  const { rows } = await sql<{ sealed: string; bound: string }>`
    select ${sql.ref(column)} as sealed, ${sql.ref(by)} as bound from ${sql.table(table)}
    where ${namesKey(column, id)} order by created_at ${sql.raw(direction)} limit 1`.execute(db)
  return rows[0]
}

/** What is sealed begins with the id of its key and a dot. */
function namesKey(column: string, id: string) {
  const beginning = `${id}.`
  return sql`substr(${sql.ref(column)}, 1, cast(${beginning.length} as integer)) = ${beginning}`
}

function opens(keys: Keys, sealed: string, context: string): boolean {
  try {
    keys.open(sealed, context)
    return true
  } catch {
    return false
  }
}
