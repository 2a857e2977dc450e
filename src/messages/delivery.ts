import type { Selectable } from 'kysely'
import { day, hour, now, second } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { isLanguage } from '../lib/language.ts'
import type { Log } from '../lib/log.ts'
import { mask } from '../lib/mask.ts'
import type { Db } from '../store/open.ts'
import type { OutboxTable } from '../store/schema.ts'
import { tell } from '../store/watch.ts'
import type { Template, Templates } from '../text/message.ts'
import { type Channel, type Gateway, type Outgoing, Undeliverable } from './gateway.ts'
import { openSecret } from './outbox.ts'
import { type Brand, render } from './templates.ts'

type Row = Selectable<OutboxTable>

/** How often the outbox is looked at when nothing is on its way. */
const pollMs = 200

/** The same while the database does not answer: the log need not say so ten times a second. */
const pollAfterFailureMs = 5 * second

/** How many leave at once: gateways are slow, and one slow one must not hold up the others. */
const batch = 20

/** A message taken by a process that died is taken again after that. Longer than any gateway takes. */
const leaseMs = 30 * second

/** Pauses grow from a second to an hour; after three days a notice is given up. */
const firstPauseMs = second
const longestPauseMs = hour
const givenUpAfterMs = 3 * day

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
}

/**
 * Takes messages out of the outbox and hands them to the gateways, at least once each, with an id
 * that stays the same over retries. Any number of nodes may do so: a message is taken by one.
 */
export function startDelivery(options: DeliveryOptions): Delivery {
  // Apart, so that a silent SMS provider holds up no mail.
  const lines = { email: startLine('email', options), sms: startLine('sms', options) }
  return {
    async deliverDue(channels) {
      await Promise.all(channels.map((channel) => lines[channel].deliverDue()))
    },
    async stop() {
      await Promise.all(Object.values(lines).map((line) => line.stop()))
      for (const gateway of Object.values(options.gateways)) gateway?.close()
    },
  }
}

function startLine(channel: Channel, options: DeliveryOptions) {
  const { db, log } = options
  let stopping = false
  let current: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout

  function schedule(pauseMs: number): void {
    if (stopping) return
    timer = setTimeout(() => {
      deliverDue().then(
        () => schedule(pollMs),
        (error) => {
          log.error({ err: error }, 'outbox could not be read')
          schedule(pollAfterFailureMs)
        },
      )
    }, pauseMs)
  }

  function deliverDue(): Promise<void> {
    // One round at a time: a second caller waits for a round that began after it asked.
    current = current.catch(() => {}).then(round)
    return current
  }

  async function round(): Promise<void> {
    let rows: Row[]
    do {
      rows = await takeDue(db, channel)
      await Promise.all(rows.map((row) => deliver(row, options)))
    } while (rows.length === batch && !stopping)
  }

  schedule(pollMs)
  return {
    deliverDue,
    async stop() {
      stopping = true
      clearTimeout(timer)
      await current.catch(() => {})
    },
  }
}

/** Takes what is due, for as long as the lease lasts. */
async function takeDue(db: Db, channel: Channel): Promise<Row[]> {
  // A look first, outside of a transaction: most of the time there is nothing to take.
  const due = await db
    .selectFrom('outbox')
    .select('id')
    .where('sent_at', 'is', null)
    .where('given_up_at', 'is', null)
    .where('due_at', '<=', now())
    .where('channel', '=', channel)
    .limit(1)
    .executeTakeFirst()
  if (!due) return []

  return db
    .updateTable('outbox')
    .set((row) => ({ tries: row('tries', '+', 1), due_at: now() + leaseMs }))
    .where('id', 'in', (query) =>
      query
        .selectFrom('outbox')
        .select('id')
        .where('sent_at', 'is', null)
        .where('given_up_at', 'is', null)
        .where('due_at', '<=', now())
        .where('channel', '=', channel)
        .orderBy('due_at')
        .limit(batch)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .execute()
}

async function deliver(row: Row, options: DeliveryOptions): Promise<void> {
  const { db, log, gateways, kept } = options
  const about = { message: row.id, channel: row.channel, to: mask(row.recipient) }

  if (row.expires_at !== null && row.expires_at <= now()) {
    log.warn(about, 'code expired before it could be sent')
    return finish(db, row, { given_up_at: now(), last_error: 'expired', secret_sealed: null })
  }

  if (kept.includes(row.channel)) return finish(db, row, { sent_at: now() })

  try {
    const gateway = gateways[row.channel]
    if (!gateway) throw new Undeliverable('Nothing is set up to send it.')
    await gateway.send(outgoing(row, options))
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'unknown'
    if (error instanceof Undeliverable || now() - row.created_at > givenUpAfterMs) {
      log.error({ ...about, tries: row.tries, problem }, 'message given up')
      return finish(db, row, { given_up_at: now(), last_error: problem, secret_sealed: null })
    }
    const pauseMs = Math.min(firstPauseMs * 2 ** (row.tries - 1), longestPauseMs)
    log.warn({ ...about, tries: row.tries, problem, againInMs: pauseMs }, 'message not sent yet')
    return finish(db, row, { due_at: now() + pauseMs, last_error: problem })
  }
  log.info({ ...about, tries: row.tries }, 'message sent')
  // Sent, so that nobody needs the code here any more.
  await finish(db, row, { sent_at: now(), last_error: null, secret_sealed: null })
}

async function finish(db: Db, row: Row, outcome: Partial<Row>): Promise<void> {
  await db.updateTable('outbox').set(outcome).where('id', '=', row.id).execute()
  await tell(db, {
    about: 'delivery',
    channel: row.channel,
    outcome: outcome.sent_at ? 'sent' : outcome.given_up_at ? 'givenUp' : 'failed',
  })
}

/** The message that a row stands for. Its secret is gone once it has been sent elsewhere. */
export function outgoing(row: Row, { keys, brand }: { keys: Keys; brand: Brand }): Outgoing {
  const template = row.template as Template
  const params = JSON.parse(row.params) as Templates[Template]
  const secret = openSecret(keys, row)
  const language = isLanguage(row.language) ? row.language : 'en'
  const letter = { channel: row.channel, language, template, params, secret }
  return { id: row.id, to: row.recipient, ...render(letter, brand) }
}
