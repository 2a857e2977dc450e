import { setImmediate } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { eraseDeletedAccounts } from './accounts/deletion.ts'
import { day, hour, minute, now } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { repeat } from './lib/repeat.ts'
import { deviceLifetimeMs } from './sessions/device.ts'
import { withoutStatementTimeout } from './store/locks.ts'
import type { Db } from './store/open.ts'
import type { Schema } from './store/schema.ts'
import type { RunTransaction } from './store/transaction.ts'

/** Rows that expire at a time of theirs, and are deleted `keptMs` after it. */
interface Expiry {
  table: keyof Schema
  /** A column, or an expression. An index on it finds the rows. */
  time: string | RawBuilder<unknown>
  keptMs: number
  /** The condition of that index, if it is partial. */
  where?: RawBuilder<unknown>
  /** The condition that keeps a row longer. */
  unless?: RawBuilder<unknown>
  /** The column that is erased, instead of the row. */
  erases?: string
}

/** Retention per table. */
function expiries(): Expiry[] {
  return [
    // The longest window of a rate limit is a day.
    { table: 'rate_limit_hit', time: 'at', keptMs: day },
    { table: 'sign_up', time: 'expires_at', keptMs: 0 },
    { table: 'invitation', time: 'expires_at', keptMs: 0 },
    { table: 'challenge', time: 'expires_at', keptMs: 0 },
    { table: 'passkey_challenge', time: 'expires_at', keptMs: 0 },
    // Longer, for nodes whose clocks are behind and still accept it.
    { table: 'used_passkey_challenge', time: 'expires_at', keptMs: hour },
    { table: 'password_reset', time: 'expires_at', keptMs: 0 },
    { table: 'device', time: 'last_used_at', keptMs: deviceLifetimeMs },
    { table: 'undo_token', time: 'expires_at', keptMs: 0 },
    { table: 'oidc_record', time: 'expires_at', keptMs: 0 },
    { table: 'forward_auth_cookie', time: 'expires_at', keptMs: 0 },
    // An undo restores removed credentials for seven days; one more for clocks that disagree.
    { table: 'totp_secret', time: 'removed_at', keptMs: 8 * day },
    { table: 'recovery_code', time: 'removed_at', keptMs: 8 * day },
    { table: 'passkey', time: 'removed_at', keptMs: 8 * day },
    ...expiriesOfMessages('outbox'),
    ...expiriesOfMessages('webhook_event'),
    ...expiriesOfMessages('app_logout'),
    // Ended sessions show for 90 days which networks an owner signs in from.
    { table: 'session', time: 'idle_until', keptMs: 90 * day },
    // Every token that the key signed has expired.
    { table: 'signing_key', time: 'retires_at', keptMs: 0 },
    // Long enough to find out about a theft that shows late. Undo and known devices need none of it.
    { table: 'activity', time: 'at', keptMs: 365 * day },
    // Attempts on unknown addresses, and erasures. No owner reads them.
    { table: 'activity', time: 'at', keptMs: 30 * day, where: sql`account_id is null` },
    // Reuse of a stolen token is detected for a week; a busy session uses a hundred a day. The last used
    // token of a live session stays: its refresh may be repeated, or it may be reused.
    {
      table: 'refresh_token',
      time: 'used_at',
      keptMs: 7 * day,
      unless: sql`exists (
        select 1 from session where session.id = refresh_token.session_id
        and session.generation = refresh_token.generation + 1 and session.idle_until > ${now()}
      )`,
    },
    // Sealed tokens of refreshes that can’t be repeated any more; a minute for clocks that disagree.
    {
      table: 'session',
      time: sql`coalesce(repeatable_until, idle_until)`,
      keptMs: minute,
      where: sql`refresh_token_sealed is not null`,
      erases: 'refresh_token_sealed',
    },
  ]
}

function expiriesOfMessages(table: 'outbox' | 'webhook_event' | 'app_logout'): Expiry[] {
  return [
    // Long enough to investigate why a message did not arrive.
    { table, time: 'sent_at', keptMs: 7 * day },
    { table, time: 'failed_at', keptMs: 7 * day },
    // Attempts end long before that: the channel was removed from the settings.
    {
      table,
      time: 'next_attempt_at',
      keptMs: 30 * day,
      where: sql`sent_at is null and failed_at is null`,
    },
  ]
}

/** Rows per statement: others write in between, and SQLite answers no other request meanwhile. */
const batchSize = 100

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
  await eraseDeletedAccounts(db, transaction, signal)
  for (const expiry of expiries()) await deleteExpired(db, expiry, signal)
}

/**
 * Deletes expired rows in the order of their times, in batches: each reads the rows between two times.
 * So a batch never reads again what one before it has kept.
 */
async function deleteExpired(
  db: Db,
  expiry: Expiry,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { where = sql`true`, unless = sql`false`, erases } = expiry
  const table = sql.table(expiry.table)
  const time = typeof expiry.time === 'string' ? sql.ref(expiry.time) : expiry.time
  const end = now() - expiry.keptMs
  const change = erases
    ? sql`update ${table} set ${sql.ref(erases)} = null`
    : sql`delete from ${table}`
  for (let after = 0; after < end && !signal?.aborted; ) {
    const { rows } = await sql<{ time: number }>`
      select ${time} as time from ${table} where ${time} > ${after} and ${time} < ${end} and ${where}
      order by ${time} limit 1 offset ${batchSize - 1}`.execute(db)
    const until = rows[0]?.time ?? end
    await withoutStatementTimeout(db, (tx) =>
      sql`${change} where ${time} > ${after} and ${time} <= ${until} and ${where} and not ${unless}`.execute(
        tx,
      ),
    )
    after = until
    // SQLite answers without giving other requests their turn.
    await setImmediate()
  }
}
