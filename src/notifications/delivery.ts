import type { TemplateName, TemplateParams } from '../i18n/notification-catalogue.ts'
import type { Keyring } from '../keys/keyring.ts'
import { isLanguage } from '../lib/language.ts'
import type { Log } from '../lib/log.ts'
import type { EmitEvent } from '../lib/metric-events.ts'
import type { Db } from '../store/open.ts'
import type { WebhookSender } from '../webhooks/sender.ts'
import { claimDue, claimDueInOrder, type OutboxRow } from './claim.ts'
import { startWorker } from './delivery-worker.ts'
import { openMessageSecret } from './outbox.ts'
import { type MessageBrand, renderNotification } from './templates.ts'
import {
  type Channel,
  PermanentDeliveryError,
  type RenderedMessage,
  type Transport,
} from './transport.ts'

export interface Delivery {
  /** Sends what is due now by these channels, and resolves when it has been tried. */
  deliverDue(channels: readonly Channel[]): Promise<void>
  /** Stops, after what is on its way. */
  stop(): Promise<void>
}

export interface DeliveryOptions {
  db: Db
  keyring: Keyring
  log: Log
  emit: EmitEvent
  brand: MessageBrand
  transports: Record<Channel, Transport | undefined>
  /** Channels whose messages stay in the dev inbox, where they count as sent. */
  capturedChannels: readonly Channel[]
  /** What is told of all that happens to accounts. */
  webhookSender: WebhookSender | undefined
}

/**
 * Takes messages out of the outbox and hands them to the gateways, at least once each, with an id
 * that stays the same over retries. Any number of nodes may do so: a message is taken by one.
 */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { db, log, emit, transports, capturedChannels, webhookSender } = options
  // Apart, so that a silent SMS provider holds up no mail.
  const startNotificationWorker = (queue: Channel) => {
    const send = capturedChannels.includes(queue)
      ? undefined
      : createNotificationSender(transports[queue], options)
    return startWorker({ queue, db, log, emit, claim: claimDue, send })
  }
  const workers = { email: startNotificationWorker('email'), sms: startNotificationWorker('sms') }
  const webhookWorker =
    webhookSender &&
    startWorker({
      queue: 'webhook',
      db,
      log,
      emit,
      claim: claimDueInOrder,
      send: ({ id, params }) => webhookSender.send({ id, body: params }),
    })

  return {
    async deliverDue(channels) {
      await Promise.all(channels.map((channel) => workers[channel].deliverDue()))
    },
    async stop() {
      await Promise.all([workers.email, workers.sms, webhookWorker].map((worker) => worker?.stop()))
      for (const transport of Object.values(transports)) transport?.close()
    },
  }
}

function createNotificationSender(
  transport: Transport | undefined,
  deps: { keyring: Keyring; brand: MessageBrand },
) {
  return async (row: OutboxRow) => {
    if (!transport) throw new PermanentDeliveryError('Nothing is set up to send it.')
    await transport.send(renderMessage(row, deps))
  }
}

/** The message that a row stands for. Its secret is gone once it has been sent elsewhere. */
export function renderMessage(
  row: OutboxRow,
  { keyring, brand }: { keyring: Keyring; brand: MessageBrand },
): RenderedMessage {
  const channel = row.channel as Channel
  const template = row.template as TemplateName
  const params = JSON.parse(row.params) as TemplateParams[TemplateName]
  const secret = openMessageSecret(keyring, row)
  const language = isLanguage(row.language) ? row.language : 'en'
  const notification = { channel, language, template, params, secret }
  return { id: row.id, to: row.recipient, ...renderNotification(notification, brand) }
}
