import { setImmediate } from 'node:timers/promises'
import { sql, type Transaction } from 'kysely'
import { eraseDeletedAccounts } from './accounts/deletion.ts'
import { day, hour, minute, now } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { repeat } from './lib/repeat.ts'
import { deviceLifetimeMs } from './sessions/device.ts'
import { withoutStatementTimeout } from './store/locks.ts'
import type { Db } from './store/open.ts'
import type { Schema } from './store/schema.ts'
import type { RunTransaction } from './store/transaction.ts'

/** Retention per table: rows are deleted when the time in a column is older than this. */
const retention: {
  [Table in keyof Schema]?: [column: keyof Schema[Table] & string, ms: number][]
} = {
  // The longest window of a rate limit is a day.
  rate_limit_hit: [['at', day]],
  sign_up: [['expires_at', 0]],
  challenge: [['expires_at', 0]],
  passkey_challenge: [['expires_at', 0]],
  // Longer, for nodes whose clocks are behind and still accept it.
  used_passkey_challenge: [['expires_at', hour]],
  password_reset: [['expires_at', 0]],
  device: [['last_used_at', deviceLifetimeMs]],
  undo_token: [['expires_at', 0]],
  // An undo restores removed credentials for seven days; one more for clocks that disagree.
  totp_secret: [['removed_at', 8 * day]],
  recovery_code: [['removed_at', 8 * day]],
  passkey: [['removed_at', 8 * day]],
  // Long enough to investigate why a message did not arrive.
  outbox: [
    ['sent_at', 7 * day],
    ['failed_at', 7 * day],
    // No attempt lasts this long: the channel was removed from the settings.
    ['created_at', 30 * day],
  ],
  webhook_event: [
    ['sent_at', 7 * day],
    ['failed_at', 7 * day],
    ['created_at', 30 * day],
  ],
  // Ended sessions show for 90 days which networks an owner signs in from.
  session: [['idle_until', 90 * day]],
  // Every token that the key signed has expired.
  signing_key: [['retires_at', 0]],
}

/** Long enough to find out about a theft that shows late. Undo and known devices need none of it. */
const activityMs = 365 * day

/** Rows per statement: others write in between. A year of activity is most of a database. */
const activityBatchSize = 1000

/** Activity without an account: attempts on unknown addresses, and erasures. No owner reads it. */
const unownedActivityMs = 30 * day

/** Reuse of a stolen refresh token is detected for a week; a busy session uses a hundred a day. */
const usedRefreshTokenMs = 7 * day

/** Sealed refresh tokens outlive their use by this, for clocks that disagree. */
const sealedRefreshTokenMs = minute

/**
 * Deletes expired rows once an hour; after a failure it tries again in a minute.
 *
 * @returns a function that stops it and resolves after the step under way
 */
export function startCleanup(deps: {
  db: Db
  transaction: RunTransaction
  log: Log
}): () => Promise<void> {
  const { db, transaction, log } = deps
  return repeat((signal) => cleanUp(db, transaction, signal), {
    everyMs: hour,
    retryMs: minute,
    log,
    failure: 'cleanup failed',
  })
}

/** Erases deleted accounts, then expired rows. @param signal ends it early, between two statements */
export async function cleanUp(
  db: Db,
  transaction: RunTransaction,
  signal?: AbortSignal,
): Promise<void> {
  await eraseDeletedAccounts(db, transaction)
  for (const [table, columns] of Object.entries(retention)) {
    for (const [column, ms] of columns) {
      if (signal?.aborted) return
      await withoutStatementTimeout(db, (tx) =>
        sql`delete from ${sql.table(table)} where ${sql.ref(column)} < ${now() - ms}`.execute(tx),
      )
    }
  }
  await deleteOldActivity(db, signal)
  for (const statement of [
    deleteUnownedActivity,
    deleteUsedRefreshTokens,
    eraseSealedRefreshTokens,
  ]) {
    if (signal?.aborted) return
    await withoutStatementTimeout<unknown>(db, (tx) => statement(tx).execute())
  }
}

async function deleteOldActivity(db: Db, signal: AbortSignal | undefined): Promise<void> {
  let deleted = activityBatchSize
  while (deleted === activityBatchSize && !signal?.aborted) {
    const { numDeletedRows } = await withoutStatementTimeout(db, (tx) =>
      tx
        .deleteFrom('activity')
        .where('id', 'in', (row) =>
          row
            .selectFrom('activity')
            .select('id')
            .where('at', '<', now() - activityMs)
            .orderBy('at')
            .limit(activityBatchSize),
        )
        .executeTakeFirstOrThrow(),
    )
    deleted = Number(numDeletedRows)
    // SQLite answers without giving other requests their turn.
    await setImmediate()
  }
}

function deleteUnownedActivity(tx: Transaction<Schema>) {
  return tx
    .deleteFrom('activity')
    .where('account_id', 'is', null)
    .where('at', '<', now() - unownedActivityMs)
}

/** Keeps the last used token of a live session: its refresh may be repeated, or it may be reused. */
function deleteUsedRefreshTokens(tx: Transaction<Schema>) {
  return tx
    .deleteFrom('refresh_token')
    .where('used_at', '<', now() - usedRefreshTokenMs)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('session')
            .select('session.id')
            .whereRef('session.id', '=', 'refresh_token.session_id')
            .whereRef('session.generation', '=', sql`refresh_token.generation + 1`)
            .where('session.idle_until', '>', now()),
        ),
      ),
    )
}

/** Erases sealed refresh tokens of refreshes that can’t be repeated any more. */
function eraseSealedRefreshTokens(tx: Transaction<Schema>) {
  const past = now() - sealedRefreshTokenMs
  return tx
    .updateTable('session')
    .set({ refresh_token_sealed: null })
    .where('refresh_token_sealed', 'is not', null)
    .where((column) =>
      column.or([column('repeatable_until', '<', past), column('idle_until', '<', past)]),
    )
}
