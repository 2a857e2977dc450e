import type { Selectable } from 'kysely'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import type { OutboxTable } from '../store/schema.ts'
import { isDelivered, leaseEnd, outcomeColumns, type Queue } from './queue.ts'
import type { Channel } from './transport.ts'

export type OutboxRow = Selectable<OutboxTable>

/** The messages of one channel, as a queue. */
export function createOutboxQueue(db: Db, channel: Channel): Queue<OutboxRow> {
  return {
    async claim(limit) {
      // Usually nothing is due, and finding that out needs no transaction.
      const due = await selectDue().select('id').limit(1).executeTakeFirst()
      if (!due) return []
      return db
        .updateTable('outbox')
        .set((row) => ({ attempts: row('attempts', '+', 1), next_attempt_at: leaseEnd(db) }))
        .where('id', 'in', () => selectDue().select('id').limit(limit).forUpdate().skipLocked())
        .returningAll()
        .execute()
    },

    async extendLease(ids) {
      await db
        .updateTable('outbox')
        .set({ next_attempt_at: leaseEnd(db) })
        .where('id', 'in', ids)
        .where('sent_at', 'is', null)
        .where('failed_at', 'is', null)
        // A backoff that was set meanwhile ends later.
        .where('next_attempt_at', '<', leaseEnd(db))
        .execute()
    },

    async complete({ id, attempts }, outcome) {
      // Only the dev inbox and another attempt still need the secret.
      const keepSecret = outcome.status === 'captured' || outcome.status === 'retry'
      const update = db
        .updateTable('outbox')
        .where('id', '=', id)
        .set({ ...outcomeColumns(db, outcome), ...(!keepSecret && { secret_sealed: null }) })
      if (isDelivered(outcome)) await update.execute()
      // A failure counts only if no other node has claimed the message since.
      else await update.where('attempts', '=', attempts).where('sent_at', 'is', null).execute()
    },
  }

  function selectDue() {
    return db
      .selectFrom('outbox')
      .where('sent_at', 'is', null)
      .where('failed_at', 'is', null)
      .where('next_attempt_at', '<=', databaseNow(db))
      .where('channel', '=', channel)
      .orderBy('next_attempt_at')
      .orderBy('created_at')
  }
}
