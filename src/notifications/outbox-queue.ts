import type { Selectable } from 'kysely'
import type { Db } from '../store/open.ts'
import type { OutboxTable } from '../store/schema.ts'
import { extendLeases, leaseEnd, outcomeQuery, type Queue, selectDue } from './queue.ts'
import type { Channel } from './transport.ts'

export type OutboxRow = Selectable<OutboxTable>

/** The messages of one channel, as a queue. */
export function createOutboxQueue(db: Db, channel: Channel): Queue<OutboxRow> {
  const selectDueIds = () => selectDue(db, 'outbox').select('id').where('channel', '=', channel)

  return {
    async claim(limit) {
      // Usually nothing is due, and finding that out needs no transaction.
      const due = await selectDueIds().limit(1).executeTakeFirst()
      if (!due) return []
      return db
        .updateTable('outbox')
        .set((row) => ({ attempts: row('attempts', '+', 1), next_attempt_at: leaseEnd(db) }))
        .where('id', 'in', () => selectDueIds().limit(limit).forUpdate().skipLocked())
        .returningAll()
        .execute()
    },

    extendLeases: (ids) => extendLeases(db, 'outbox', ids),

    async complete(row, outcome) {
      // Only the dev inbox and another attempt still need the secret.
      const keepSecret = outcome.status === 'captured' || outcome.status === 'retry'
      await outcomeQuery(db, 'outbox', row, outcome)
        .$if(!keepSecret, (query) => query.set({ secret_sealed: null }))
        .execute()
    },
  }
}
