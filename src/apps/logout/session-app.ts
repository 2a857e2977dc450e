import type { Transaction } from 'kysely'
import { now } from '../../lib/clock.ts'
import { newId } from '../../lib/random.ts'
import { databaseNow } from '../../store/database-now.ts'
import type { Schema } from '../../store/schema.ts'
import type { Tx } from '../../store/transaction.ts'

/**
 * Records that a session signs in to an application. Call it before the application gets anything: from
 * then on it learns when the session ends.
 *
 * @param signIn.sid the `sid` of the application’s ID tokens, which logout tokens repeat
 * @returns false if the session has ended: then the application must get nothing
 */
export async function recordSessionApp(
  tx: Transaction<Schema>,
  { session, app, sid }: { session: string; app: string; sid: string },
): Promise<boolean> {
  // The end of the session waits for this row, or has happened.
  const live = await tx
    .selectFrom('session')
    .select('id')
    .where('id', '=', session)
    .where('ended_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!live) return false
  await tx
    .insertInto('session_app')
    .values({ session_id: session, app_id: app, sid, since: now() })
    .onConflict((conflict) => conflict.columns(['session_id', 'app_id', 'sid']).doNothing())
    .execute()
  return true
}

/** Sessions per statement: a database limits the values of one. */
const batchSize = 500

/**
 * Enqueues a logout for each application of sessions that end in this transaction: both happen, or
 * neither. The sessions are locked by then, so no application can join them.
 */
export async function enqueueLogouts(
  tx: Tx,
  sessions: readonly { id: string; account_id: string }[],
): Promise<void> {
  for (let start = 0; start < sessions.length; start += batchSize) {
    const batch = sessions.slice(start, start + batchSize)
    const accounts = new Map(batch.map(({ id, account_id }) => [id, account_id]))
    const apps = await tx
      .selectFrom('session_app')
      .innerJoin('app', 'app.id', 'session_app.app_id')
      .select(['session_id', 'app_id', 'sid'])
      .where('session_id', 'in', [...accounts.keys()])
      .where('backchannel_logout_uri', 'is not', null)
      .execute()
    // A session has few applications, but nothing limits them.
    for (let first = 0; first < apps.length; first += batchSize) {
      const rows = apps.slice(first, first + batchSize).map(({ session_id, app_id, sid }) => ({
        id: newId(),
        app_id,
        account_id: accounts.get(session_id) ?? '',
        sid,
        created_at: databaseNow(tx, tx.now()),
        next_attempt_at: databaseNow(tx, tx.now()),
        attempts: 0,
      }))
      await tx.insertInto('app_logout').values(rows).execute()
    }
  }
}
