import type { Keyring } from '../keys/keyring.ts'
import { toIsoString } from '../lib/clock.ts'
import type { Db } from '../store/open.ts'
import { renderMessage } from './delivery.ts'
import { hasWaited } from './notice-digest.ts'
import type { MessageBrand } from './templates.ts'
import type { Channel } from './transport.ts'

const maxMessages = 200

/** A message that was captured instead of sent. */
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
 * Lists the newest messages of channels without a transport: the outbox itself is the inbox.
 *
 * @param capturedChannels the channels without a transport
 * @param to lists the messages of this recipient only
 */
export async function listCapturedMessages(
  { db, keyring, brand }: { db: Db; keyring: Keyring; brand: MessageBrand },
  capturedChannels: readonly Channel[],
  to?: string,
): Promise<CapturedMessage[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    // Includes messages that another node has claimed but not yet marked as captured.
    .where('failed_at', 'is', null)
    .where('channel', 'in', [...capturedChannels])
    .where(hasWaited(db))
    // A message without its code was sent before its channel was captured.
    .where((row) => row.or([row('secret_sealed', 'is not', null), row('expires_at', 'is', null)]))
    .$if(to !== undefined, (query) => query.where('recipient', '=', to ?? ''))
    .orderBy('id', 'desc')
    .limit(maxMessages)
    .execute()
  return rows.map((row) => {
    const { id, to, subject, text, html } = renderMessage(row, { keyring, brand })
    const sentAt = toIsoString(row.sent_at ?? row.created_at)
    return { id, channel: row.channel, to, subject, text, ...(html && { html }), sentAt }
  })
}
