import { sql } from 'kysely'
import { withoutStatementTimeout } from './locks.ts'
import type { Db } from './open.ts'
import { isPostgres } from './postgres.ts'

/**
 * Counts the values of a sealed column by the encryption key that sealed them, whose id they begin with.
 *
 * @param column `table.column`
 * @returns the count of each key id
 */
export async function countSealedByKey(db: Db, column: string): Promise<Map<string, number>> {
  const [table = '', name = ''] = column.split('.')
  const value = sql.ref(name)
  const id = isPostgres(db)
    ? sql`split_part(${value}, '.', 1)`
    : sql`substr(${value}, 1, instr(${value}, '.') - 1)`
  const { rows } = await withoutStatementTimeout(db, (tx) =>
    sql<{ key: string; values: number }>`
      select ${id} as ${sql.id('key')}, count(*) as ${sql.id('values')}
      from ${sql.table(table)} where ${value} is not null group by ${id}`.execute(tx),
  )
  return new Map(rows.map((row) => [row.key, row.values]))
}
