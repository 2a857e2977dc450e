import type { TemplateName, TemplateParams } from '../i18n/notification-catalogue.ts'
import type { Keyring } from '../keys/keyring.ts'
import { isLanguage } from '../lib/language.ts'
import type { Log } from '../lib/log.ts'
import { mask } from '../lib/mask.ts'
import type { EmitEvent } from '../lib/metric-events.ts'
import type { Db } from '../store/open.ts'
import { startWorker } from './delivery-worker.ts'
import { openMessageSecret } from './message-secret.ts'
import { parseDigest } from './notice-digest.ts'
import { createOutboxQueue, type OutboxRow } from './outbox-queue.ts'
import { type MessageBrand, renderNotification } from './templates.ts'
import {
  type Channel,
  PermanentDeliveryError,
  type RenderedMessage,
  type Transport,
} from './transport.ts'

export interface Delivery {
  /** Resolves once every message of these channels that is due now has been attempted. */
  deliverDue(channels: readonly Channel[]): Promise<void>
  /** Stops after the messages in flight. */
  stop(): Promise<void>
}

export interface DeliveryOptions {
  db: Db
  keyring: Keyring
  log: Log
  emit: EmitEvent
  brand: MessageBrand
  transports: Record<Channel, Transport | undefined>
  /** Channels whose messages stay in the dev inbox and count as sent. */
  capturedChannels: readonly Channel[]
}

/**
 * Delivers the messages of the outbox, at least once each, with an id that stays the same over
 * retries. Any number of nodes may run it: one at a time has claimed a message.
 */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { db, log, emit, transports, capturedChannels } = options
  // One worker per channel, so that an unresponsive SMS provider holds up no email.
  const startChannelWorker = (channel: Channel) =>
    startWorker({
      name: channel,
      queue: createOutboxQueue(db, channel),
      log,
      emit,
      send: capturedChannels.includes(channel)
        ? undefined
        : createNotificationSender(transports[channel], options),
      logFields: ({ recipient }) => ({ to: mask(recipient) }),
    })
  const workers = { email: startChannelWorker('email'), sms: startChannelWorker('sms') }

  return {
    async deliverDue(channels) {
      await Promise.all(channels.map((channel) => workers[channel].deliverDue()))
    },
    async stop() {
      await Promise.all([workers.email.stop(), workers.sms.stop()])
      for (const transport of Object.values(transports)) transport?.close()
    },
  }
}

function createNotificationSender(
  transport: Transport | undefined,
  deps: { keyring: Keyring; brand: MessageBrand },
) {
  return async (row: OutboxRow) => {
    if (!transport) throw new PermanentDeliveryError('No transport is configured for this channel.')
    await transport.send(renderMessage(row, deps))
  }
}

/** Renders the message of a row. A sent message has no secret any longer. */
export function renderMessage(
  row: OutboxRow,
  { keyring, brand }: { keyring: Keyring; brand: MessageBrand },
): RenderedMessage {
  const template = row.template as TemplateName
  const params = JSON.parse(row.params) as TemplateParams[TemplateName]
  const secret = openMessageSecret(keyring, row)
  const language = isLanguage(row.language) ? row.language : 'en'
  const digest = parseDigest(row.digest)
  const notification = { channel: row.channel, language, template, params, secret, digest }
  return { id: row.id, to: row.recipient, ...renderNotification(notification, brand) }
}
