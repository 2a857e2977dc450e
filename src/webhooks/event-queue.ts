import { type ExpressionBuilder, type Selectable, sql } from 'kysely'
import { now } from '../lib/clock.ts'
import {
  extendLeases,
  leaseEnd,
  outcomeQuery,
  type Queue,
  selectDue,
} from '../notifications/queue.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import type { Schema, WebhookEventTable } from '../store/schema.ts'
import { retryOnConflict } from '../store/transaction.ts'

export type WebhookEventRow = Selectable<WebhookEventTable>

/** Webhook events as a queue. Each account's events are delivered in the order they happened. */
export function createEventQueue(db: Db): Queue<WebhookEventRow> {
  return {
    claim: (limit) => claimDueInOrder(db, limit),

    extendLeases: (ids) => extendLeases(db, 'webhook_event', ids),

    async complete(event, outcome) {
      await outcomeQuery(db, 'webhook_event', event, outcome).execute()
      if (outcome.status !== 'retry') await unblockNext(db, event)
    },
  }
}

/** Claims due events that no earlier event of their account blocks. */
async function claimDueInOrder(db: Db, limit: number): Promise<WebhookEventRow[]> {
  // Usually nothing is due, and finding that out needs no transaction.
  const due = await selectDue(db, 'webhook_event').select('id').limit(1).executeTakeFirst()
  if (!due) return []
  return retryOnConflict(db, async (tx) => {
    const candidates = await selectDue(tx, 'webhook_event')
      .select((row) => ['id', blockedUntil(row).as('blockedUntil')])
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute()
    const blocked = candidates.filter((candidate) => candidate.blockedUntil !== null)
    const first = candidates.filter((candidate) => candidate.blockedUntil === null)

    // A blocked event is due again with its predecessor: otherwise each poll would select it.
    if (blocked.length > 0) {
      await tx
        .updateTable('webhook_event')
        .set((row) => ({
          next_attempt_at: sql<number>`coalesce(${blockedUntil(row)}, ${row.ref('next_attempt_at')})`,
        }))
        .where('id', 'in', idsOf(blocked))
        .execute()
    }
    if (first.length === 0) return []
    return tx
      .updateTable('webhook_event')
      .set((row) => ({ attempts: row('attempts', '+', 1), next_attempt_at: leaseEnd(tx) }))
      .where('id', 'in', idsOf(first))
      .returningAll()
      .execute()
  })
}

/** Makes the account's next webhook event due. */
async function unblockNext(db: Db, { account_id }: WebhookEventRow): Promise<void> {
  if (account_id === null) return
  await db
    .updateTable('webhook_event')
    .set({ next_attempt_at: databaseNow(db, now()) })
    // An event that was attempted may be leased, or wait for the end of its backoff.
    .where('attempts', '=', 0)
    .where('id', 'in', (query) =>
      query
        .selectFrom('webhook_event')
        .select('id')
        .where('account_id', '=', account_id)
        .where('sent_at', 'is', null)
        .where('failed_at', 'is', null)
        .orderBy('created_at')
        .orderBy('id')
        .limit(1),
    )
    .execute()
}

/** When the last of the account's earlier events is due; null if there is none. */
function blockedUntil(row: ExpressionBuilder<Schema, 'webhook_event'>) {
  return row
    .selectFrom('webhook_event as earlier')
    .select((earlier) => earlier.fn.max('earlier.next_attempt_at').as('next_attempt_at'))
    .where('earlier.sent_at', 'is', null)
    .where('earlier.failed_at', 'is', null)
    .whereRef('earlier.account_id', '=', 'webhook_event.account_id')
    .where((earlier) =>
      earlier(
        earlier.refTuple('earlier.created_at', 'earlier.id'),
        '<',
        earlier.refTuple('webhook_event.created_at', 'webhook_event.id'),
      ),
    )
}

function idsOf(rows: { id: string }[]): string[] {
  return rows.map(({ id }) => id)
}
