import { toIsoString } from '../lib/clock.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Tx } from '../store/transaction.ts'

/** What happened to an account, for the operator's own program. */
export interface NewWebhookEvent {
  /** The activity's. */
  id: string
  /** Null when somebody tried an address that has no account. */
  accountId: string | null
  type: string
  /** Milliseconds since 1970. */
  at: number
  sessionId: string | null
  userAgent: string | null
  detail: object
}

/**
 * Promises a post, in the transaction of what it tells of: both happen or neither. Nothing happens
 * where activity is not posted.
 *
 * No address of mail, number or network is in it: programs act on accounts, which have an id.
 *
 * @param accountErased whether the account's row is no more: then nothing comes after this that it could hold up
 */
export async function enqueueWebhookEvent(
  tx: Tx,
  event: NewWebhookEvent,
  accountErased = false,
): Promise<void> {
  if (!tx.webhooksEnabled) return
  const { id, accountId, type, at, sessionId, userAgent, detail } = event
  const data = { activityId: id, accountId: accountId, sessionId: sessionId, userAgent, detail }
  await tx
    .insertInto('outbox')
    .values({
      id,
      account_id: accountErased ? null : accountId,
      channel: 'webhook',
      recipient: '',
      template: type,
      params: JSON.stringify({ type, timestamp: toIsoString(at), data }),
      // By the one clock of all nodes: posts of one account leave in this order.
      created_at: databaseNow(tx),
      next_attempt_at: databaseNow(tx),
      attempts: 0,
    })
    .execute()
}
