import type { Transaction } from 'kysely'
import { now } from '../../lib/clock.ts'
import { newId } from '../../lib/random.ts'
import { databaseNow } from '../../store/database-now.ts'
import type { Db } from '../../store/open.ts'
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
    const logouts = apps.map(({ session_id, app_id, sid }) => ({
      app_id,
      account_id: accounts.get(session_id) ?? '',
      sid,
    }))
    await insertLogouts(tx, logouts)
  }
}

/**
 * Ends the part that an application has in the sessions of an account, which go on without it. It gets
 * a logout for each.
 */
export async function leaveSessions(tx: Tx, account: string, app: string): Promise<void> {
  const left = await tx
    .deleteFrom('session_app')
    .where('app_id', '=', app)
    .where('session_id', 'in', (query) =>
      query.selectFrom('session').select('id').where('account_id', '=', account),
    )
    .returning('sid')
    .execute()
  const receiver = await tx
    .selectFrom('app')
    .select('id')
    .where('id', '=', app)
    .where('backchannel_logout_uri', 'is not', null)
    .executeTakeFirst()
  if (!receiver) return
  await insertLogouts(
    tx,
    left.map(({ sid }) => ({ app_id: app, account_id: account, sid })),
  )
}

/** A session has few applications, but nothing limits them. */
async function insertLogouts(
  tx: Tx,
  logouts: { app_id: string; account_id: string; sid: string }[],
): Promise<void> {
  for (let first = 0; first < logouts.length; first += batchSize) {
    const rows = logouts.slice(first, first + batchSize).map((logout) => ({
      ...logout,
      id: newId(),
      created_at: databaseNow(tx, tx.now()),
      next_attempt_at: databaseNow(tx, tx.now()),
      attempts: 0,
    }))
    await tx.insertInto('app_logout').values(rows).execute()
  }
}

/** The applications of sessions, by the session’s id. */
export async function appsOfSessions(
  db: Db | Tx,
  sessions: readonly string[],
): Promise<Map<string, { id: string; name: string }[]>> {
  if (sessions.length === 0) return new Map()
  const rows = await db
    .selectFrom('session_app')
    .innerJoin('app', 'app.id', 'session_app.app_id')
    .select(['session_id', 'app.id', 'name'])
    .distinct()
    .where('session_id', 'in', [...sessions])
    .orderBy('name')
    .execute()
  const apps = Map.groupBy(rows, ({ session_id }) => session_id)
  return new Map([...apps].map(([id, list]) => [id, list.map(({ id, name }) => ({ id, name }))]))
}
