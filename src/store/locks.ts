import { sql, type Transaction } from 'kysely'
import type { Db } from './open.ts'
import { isPostgres, noStatementTimeout } from './postgres.ts'
import type { Schema } from './schema.ts'
import { retryOnConflict } from './transaction.ts'

/**
 * Locks names until this transaction ends, one after another in the order given: every other
 * transaction that locks one of them waits. For decisions that one statement cannot make, such as
 * counting.
 */
export async function advisoryLock(tx: Transaction<Schema>, ...names: string[]): Promise<void> {
  // On SQLite a transaction has the database to itself from its beginning.
  if (isPostgres(tx)) {
    await sql`
      select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${names}::text[]) as name
    `.execute(tx)
  }
}

/**
 * Locks email addresses until this transaction ends, so that no other one assigns or releases them:
 * while an address moves between two accounts, it would look free.
 *
 * @param emailKeys the keys of the addresses (`email_key`)
 */
export async function lockEmails(tx: Transaction<Schema>, ...emailKeys: string[]): Promise<void> {
  // Sorted, so that two transactions that swap addresses cannot wait for each other.
  const sorted = [...new Set(emailKeys)].sort()
  await advisoryLock(tx, ...sorted.map((key) => `email ${key}`))
}

/** Lifts the statement timeout for the rest of this transaction, for statements on large tables. */
export async function liftStatementTimeout(tx: Transaction<Schema>): Promise<void> {
  if (isPostgres(tx)) await sql.raw(noStatementTimeout).execute(tx)
}

/**
 * Runs SQL in a transaction without a statement timeout: on large tables, or while waiting for
 * another node to migrate.
 */
export function withoutStatementTimeout<Result>(
  db: Db,
  work: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  return retryOnConflict(db, async (tx) => {
    await liftStatementTimeout(tx)
    return work(tx)
  })
}
