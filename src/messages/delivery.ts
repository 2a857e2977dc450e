import type { Keys } from '../lib/keys.ts'
import { isLanguage } from '../lib/language.ts'
import type { Log } from '../lib/log.ts'
import type { Db } from '../store/open.ts'
import type { Template, Templates } from '../text/message.ts'
import { type Channel, type Gateway, type Outgoing, Undeliverable } from './gateway.ts'
import { startLine } from './line.ts'
import { openSecret } from './outbox.ts'
import { type Row, takeDue, takeDueInOrder } from './take.ts'
import { type Brand, render } from './templates.ts'
import type { Webhook } from './webhook.ts'

export interface Delivery {
  /** Sends what is due now by these channels, and resolves when it has been tried. */
  deliverDue(channels: readonly Channel[]): Promise<void>
  /** Stops, after what is on its way. */
  stop(): Promise<void>
}

export interface DeliveryOptions {
  db: Db
  keys: Keys
  log: Log
  brand: Brand
  gateways: Record<Channel, Gateway | undefined>
  /** Channels whose messages stay in the dev inbox, where they count as sent. */
  kept: readonly Channel[]
  /** What is told of all that happens to accounts. */
  webhook: Webhook | undefined
}

/**
 * Takes messages out of the outbox and hands them to the gateways, at least once each, with an id
 * that stays the same over retries. Any number of nodes may do so: a message is taken by one.
 */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { db, log, gateways, kept, webhook } = options
  // Apart, so that a silent SMS provider holds up no mail.
  const letters = (name: Channel) => {
    const send = kept.includes(name) ? undefined : letterSender(gateways[name], options)
    return startLine({ name, db, log, take: takeDue, send })
  }
  const lines = { email: letters('email'), sms: letters('sms') }
  const posts =
    webhook &&
    startLine({
      name: 'webhook',
      db,
      log,
      take: takeDueInOrder,
      send: ({ id, params }) => webhook.send({ id, body: params }),
    })

  return {
    async deliverDue(channels) {
      await Promise.all(channels.map((channel) => lines[channel].deliverDue()))
    },
    async stop() {
      await Promise.all([lines.email, lines.sms, posts].map((line) => line?.stop()))
      for (const gateway of Object.values(gateways)) gateway?.close()
    },
  }
}

function letterSender(gateway: Gateway | undefined, house: { keys: Keys; brand: Brand }) {
  return async (row: Row) => {
    if (!gateway) throw new Undeliverable('Nothing is set up to send it.')
    await gateway.send(outgoing(row, house))
  }
}

/** The message that a row stands for. Its secret is gone once it has been sent elsewhere. */
export function outgoing(row: Row, { keys, brand }: { keys: Keys; brand: Brand }): Outgoing {
  const channel = row.channel as Channel
  const template = row.template as Template
  const params = JSON.parse(row.params) as Templates[Template]
  const secret = openSecret(keys, row)
  const language = isLanguage(row.language) ? row.language : 'en'
  const letter = { channel, language, template, params, secret }
  return { id: row.id, to: row.recipient, ...render(letter, brand) }
}
