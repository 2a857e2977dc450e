import { instant } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import type { Db } from '../store/open.ts'
import { outgoing } from './delivery.ts'
import type { Channel } from './gateway.ts'
import type { Brand } from './templates.ts'

/** More than anyone reads, and far less than would be slow. */
const howMany = 200

/** A message that was kept instead of sent. */
export interface KeptMessage {
  id: string
  channel: Channel
  to: string
  subject: string
  text: string
  html?: string
  sentAt: string
}

/**
 * The newest messages that have no gateway to leave by: the outbox itself is the inbox.
 *
 * @param kept the channels without one
 * @param to one recipient's alone, if given
 */
export async function keptMessages(
  { db, keys, brand }: { db: Db; keys: Keys; brand: Brand },
  kept: readonly Channel[],
  to?: string,
): Promise<KeptMessage[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    // Also what another node has just taken and not marked yet: it is kept all the same.
    .where('failed_at', 'is', null)
    .where('channel', 'in', [...kept])
    // A code that is gone was sent, before this channel came to be kept.
    .where((row) => row.or([row('secret_sealed', 'is not', null), row('expires_at', 'is', null)]))
    .$if(to !== undefined, (query) => query.where('recipient', '=', to ?? ''))
    .orderBy('id', 'desc')
    .limit(howMany)
    .execute()
  return rows.map((row) => {
    const { id, to, subject, text, html } = outgoing(row, { keys, brand })
    const sentAt = instant(row.sent_at ?? row.created_at)
    return { id, channel: row.channel as Channel, to, subject, text, ...(html && { html }), sentAt }
  })
}
