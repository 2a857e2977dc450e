import { sql } from 'kysely'
import { eraseDeletedAccounts } from './accounts/deletion.ts'
import { day, hour, minute, now } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { withoutStatementTimeout } from './store/locks.ts'
import type { Db } from './store/open.ts'
import type { Schema } from './store/schema.ts'
import type { RunTransaction } from './store/transaction.ts'

/** What nobody asks for any more: rows whose time lies so far back. */
const retention: {
  [Table in keyof Schema]?: [column: keyof Schema[Table] & string, ms: number][]
} = {
  // Limits look back a day at most.
  rate_limit_hit: [['at', day]],
  sign_up: [['expires_at', 0]],
  challenge: [['expires_at', 0]],
  passkey_challenge: [['expires_at', 0]],
  password_reset: [['expires_at', 0]],
  trusted_device: [['expires_at', 0]],
  undo_token: [['expires_at', 0]],
  // What was taken away can come back for seven days; one more for clocks that disagree.
  totp_secret: [['removed_at', 8 * day]],
  recovery_code: [['removed_at', 8 * day]],
  passkey: [['removed_at', 8 * day]],
  // Long enough to look into why a message did not come.
  outbox: [
    ['sent_at', 7 * day],
    ['failed_at', 7 * day],
    // Nothing is tried for so long: what should send it was taken out of the settings.
    ['created_at', 30 * day],
  ],
  webhook_event: [
    ['sent_at', 7 * day],
    ['failed_at', 7 * day],
    ['created_at', 30 * day],
  ],
  // So long an ended session still tells which networks its owner came from.
  session: [['idle_until', 90 * day]],
  // A thief uses a refresh token soon or never; a busy session leaves a hundred of them a day.
  refresh_token: [['used_at', 7 * day]],
  // The last token that it signed has expired.
  signing_key: [['retires_at', 0]],
}

/** Attempts on addresses that have no account belong to nobody. */
const unownedActivityMs = 30 * day

/** Deletes what is left over, once an hour; sooner if it failed. @returns what stops it */
export function startCleanup(deps: { db: Db; transaction: RunTransaction; log: Log }): () => void {
  const { db, transaction, log } = deps
  let stopped = false
  let timer = setTimeout(run, hour).unref()
  return () => {
    stopped = true
    clearTimeout(timer)
  }

  function run(): void {
    cleanUp(db, transaction).then(
      () => schedule(hour),
      (error) => {
        log.error({ err: error }, 'housekeeping failed')
        schedule(minute)
      },
    )
  }

  function schedule(delayMs: number): void {
    if (!stopped) timer = setTimeout(run, delayMs).unref()
  }
}

export async function cleanUp(db: Db, transaction: RunTransaction): Promise<void> {
  await eraseDeletedAccounts(db, transaction)
  for (const [table, columns] of Object.entries(retention)) {
    for (const [column, ms] of columns) {
      await withoutStatementTimeout(db, (tx) =>
        sql`delete from ${sql.table(table)} where ${sql.ref(column)} < ${now() - ms}`.execute(tx),
      )
    }
  }
  await withoutStatementTimeout(db, (tx) =>
    tx
      .deleteFrom('activity')
      .where('account_id', 'is', null)
      .where('at', '<', now() - unownedActivityMs)
      .execute(),
  )
}
