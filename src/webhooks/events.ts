import { now, toIsoString } from '../lib/clock.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { WebhookEventTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'

/** An activity of an account, to be sent to the operator's webhook receiver. */
export interface NewWebhookEvent {
  /** The activity's id. */
  id: string
  /** Null for an attempt on an address that has no account. */
  accountId: string | null
  type: string
  /** Milliseconds since 1970. */
  at: number
  sessionId: string | null
  userAgent: string | null
  detail: object
}

/**
 * Enqueues an event in the transaction of its activity: both are written or neither. Does nothing
 * without a webhook receiver.
 *
 * The event holds no email address, phone number or IP address: programs know accounts by their id.
 *
 * @param accountErased whether the account's row is deleted: this event is the account's last, so no
 * other has to wait for it
 */
export async function enqueueWebhookEvent(
  tx: Tx,
  event: NewWebhookEvent,
  accountErased = false,
): Promise<void> {
  if (!tx.webhooksEnabled) return
  const { id, accountId, type, at, sessionId, userAgent, detail } = event
  const data = { activityId: id, accountId, sessionId, userAgent, detail }
  await insertEvent(tx, {
    id,
    account_id: accountErased ? null : accountId,
    type,
    body: JSON.stringify({ type, timestamp: toIsoString(at), data }),
    at: now(),
  })
}

type NewEventRow = Pick<WebhookEventTable, 'id' | 'account_id' | 'type' | 'body'> & { at: number }

const insertEvent = prepared((db, { at, ...row }: NewEventRow) =>
  db.insertInto('webhook_event').values({
    ...row,
    // The order of an account's events follows the database's clock, which all nodes share.
    created_at: databaseNow(db, at),
    next_attempt_at: databaseNow(db, at),
    attempts: 0,
  }),
)

/** The number of undelivered events, and the creation time of the oldest. */
export function countPendingEvents(db: Db) {
  return db
    .selectFrom('webhook_event')
    .select(({ fn }) => [fn.countAll<number>().as('waiting'), fn.min('created_at').as('oldest')])
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .executeTakeFirstOrThrow()
}
