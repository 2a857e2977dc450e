import { PostgresAdapter, sql, type Transaction } from 'kysely'
import type { Db } from './open.ts'
import { noStatementTimeout } from './postgres.ts'
import type { Schema } from './schema.ts'
import { retryOnConflict } from './transaction.ts'

/**
 * Until this transaction ends, every other transaction that asks for the same name waits. For
 * decisions that one statement cannot make, such as counting.
 */
export async function advisoryLock(tx: Transaction<Schema>, name: string): Promise<void> {
  // On SQLite a transaction has the database to itself from its beginning.
  if (isPostgres(tx)) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
  }
}

/** Locks several names, one after another in the order given. */
async function advisoryLockAll(tx: Transaction<Schema>, names: string[]): Promise<void> {
  if (isPostgres(tx)) {
    await sql`
      select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${names}::text[]) as name
    `.execute(tx)
  }
}

/**
 * Until this transaction ends, no other one takes these email addresses or gives them up: an
 * address that moves between accounts would look free, since no account has it for a moment.
 *
 * @param emailKeys the keys of the addresses (`email_key`)
 */
export async function lockEmails(tx: Transaction<Schema>, ...emailKeys: string[]): Promise<void> {
  // Sorted, so that two transactions that swap addresses cannot wait for each other.
  const sorted = [...new Set(emailKeys)].sort()
  await advisoryLockAll(
    tx,
    sorted.map((key) => `email ${key}`),
  )
}

/** Lifts the statement timeout for the rest of this transaction: a large table takes its time. */
export async function liftStatementTimeout(tx: Transaction<Schema>): Promise<void> {
  if (isPostgres(tx)) await sql.raw(noStatementTimeout).execute(tx)
}

/** Runs SQL on large tables, or behind whoever migrates, in a transaction without a statement timeout. */
export function withoutStatementTimeout<Result>(
  db: Db,
  work: (sql: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  return retryOnConflict(db, async (tx) => {
    await liftStatementTimeout(tx)
    return work(tx)
  })
}

function isPostgres(tx: Transaction<Schema>): boolean {
  return tx.getExecutor().adapter instanceof PostgresAdapter
}
