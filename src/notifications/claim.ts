import { type ExpressionBuilder, type Selectable, sql, type Transaction } from 'kysely'
import { second } from '../lib/clock.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import type { OutboxTable, Schema } from '../store/schema.ts'
import { retryOnConflict } from '../store/transaction.ts'
import type { QueueName } from './transport.ts'

export type OutboxRow = Selectable<OutboxTable>

/** What a process that died had in hand is taken by another after that. */
const leaseMs = 10 * second

/** How often a node says that it still has its messages in hand: twice may fail. */
export const extendLeaseEveryMs = 3 * second

/** Takes messages in hand, at most so many. They are this node's for as long as it renews that. */
export type Claim = (db: Db, queue: QueueName, limit: number) => Promise<OutboxRow[]>

/** Takes what is due. */
export const claimDue: Claim = async (db, queue, limit) => {
  if (!(await hasDue(db, queue))) return []
  return db
    .updateTable('outbox')
    .set((row) => ({ attempts: row('attempts', '+', 1), next_attempt_at: leaseEnd(db) }))
    .where('id', 'in', () =>
      selectDue(db, queue).select('id').limit(limit).forUpdate().skipLocked(),
    )
    .returningAll()
    .execute()
}

/**
 * Takes what is due and has nothing before it: what tells of one account leaves in the order in
 * which it happened.
 */
export const claimDueInOrder: Claim = async (db, queue, limit) => {
  if (!(await hasDue(db, queue))) return []
  return retryOnConflict(db, async (tx) => {
    const candidates = await selectDue(tx, queue)
      .select((row) => ['id', blockedUntil(row).as('before')])
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute()
    const ids = (blocked: boolean) =>
      candidates.filter((candidate) => (candidate.before !== null) === blocked).map(({ id }) => id)

    // They wait as long as what is before them, or they would be looked at again and again.
    if (ids(true).length > 0) {
      await tx
        .updateTable('outbox')
        .set((row) => ({
          next_attempt_at: sql<number>`coalesce(${blockedUntil(row)}, ${row.ref('next_attempt_at')})`,
        }))
        .where('id', 'in', ids(true))
        .execute()
    }
    if (ids(false).length === 0) return []
    return tx
      .updateTable('outbox')
      .set((row) => ({ attempts: row('attempts', '+', 1), next_attempt_at: leaseEnd(tx) }))
      .where('id', 'in', ids(false))
      .returningAll()
      .execute()
  })
}

/** Keeps in hand what this node is sending. */
export async function extendLease(db: Db, ids: string[]): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ next_attempt_at: leaseEnd(db) })
    .where('id', 'in', ids)
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    // A pause that has just been set is longer.
    .where('next_attempt_at', '<', leaseEnd(db))
    .execute()
}

/** Has what waited for the end of this one wait no more. */
export async function unblockNext(db: Db, { account_id }: OutboxRow): Promise<void> {
  if (account_id === null) return
  await db
    .updateTable('outbox')
    .set({ next_attempt_at: databaseNow(db) })
    // One that somebody has in hand already must not be taken from them.
    .where('attempts', '=', 0)
    .where('id', 'in', (query) =>
      query
        .selectFrom('outbox')
        .select('id')
        .where('channel', '=', 'webhook')
        .where('account_id', '=', account_id)
        .where('sent_at', 'is', null)
        .where('failed_at', 'is', null)
        .orderBy('created_at')
        .orderBy('id')
        .limit(1),
    )
    .execute()
}

/** A look outside of a transaction: most of the time there is nothing to take. */
async function hasDue(db: Db, queue: QueueName): Promise<boolean> {
  return (await selectDue(db, queue).select('id').limit(1).executeTakeFirst()) !== undefined
}

function selectDue(db: Db | Transaction<Schema>, queue: QueueName) {
  return db
    .selectFrom('outbox')
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .where('next_attempt_at', '<=', databaseNow(db))
    .where('channel', '=', queue)
    .orderBy('next_attempt_at')
    .orderBy('created_at')
}

/** When the last of the posts before this one of the same account is due; null if it is the first. */
function blockedUntil(row: ExpressionBuilder<Schema, 'outbox'>) {
  return row
    .selectFrom('outbox as earlier')
    .select((earlier) => earlier.fn.max('earlier.next_attempt_at').as('next_attempt_at'))
    .where('earlier.channel', '=', 'webhook')
    .where('earlier.sent_at', 'is', null)
    .where('earlier.failed_at', 'is', null)
    .whereRef('earlier.account_id', '=', 'outbox.account_id')
    .where((earlier) =>
      earlier(
        earlier.refTuple('earlier.created_at', 'earlier.id'),
        '<',
        earlier.refTuple('outbox.created_at', 'outbox.id'),
      ),
    )
}

function leaseEnd(db: Db | Transaction<Schema>) {
  return sql<number>`${databaseNow(db)} + ${leaseMs}`
}
