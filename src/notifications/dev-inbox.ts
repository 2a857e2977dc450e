import type { Keyring } from '../keys/keyring.ts'
import { toIsoString } from '../lib/clock.ts'
import type { Db } from '../store/open.ts'
import { renderMessage } from './delivery.ts'
import type { MessageBrand } from './templates.ts'
import type { Channel } from './transport.ts'

/** More than anyone reads, and far less than would be slow. */
const maxMessages = 200

/** A message that was kept instead of sent. */
export interface CapturedMessage {
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
 * @param capturedChannels the channels without one
 * @param to one recipient's alone, if given
 */
export async function listCapturedMessages(
  { db, keyring, brand }: { db: Db; keyring: Keyring; brand: MessageBrand },
  capturedChannels: readonly Channel[],
  to?: string,
): Promise<CapturedMessage[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    // Also what another node has just taken and not marked yet: it is kept all the same.
    .where('failed_at', 'is', null)
    .where('channel', 'in', [...capturedChannels])
    // A code that is gone was sent, before this channel came to be kept.
    .where((row) => row.or([row('secret_sealed', 'is not', null), row('expires_at', 'is', null)]))
    .$if(to !== undefined, (query) => query.where('recipient', '=', to ?? ''))
    .orderBy('id', 'desc')
    .limit(maxMessages)
    .execute()
  return rows.map((row) => {
    const { id, to, subject, text, html } = renderMessage(row, { keyring, brand })
    const sentAt = toIsoString(row.sent_at ?? row.created_at)
    return { id, channel: row.channel as Channel, to, subject, text, ...(html && { html }), sentAt }
  })
}
