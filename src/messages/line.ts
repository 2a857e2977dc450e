import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { day, hour, now, second } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { mask } from '../lib/mask.ts'
import type { DeliveryOutcome } from '../lib/news.ts'
import { Problem } from '../lib/problem.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import { tellAtOnce } from '../store/watch.ts'
import { type LineName, NotBefore, Undeliverable } from './gateway.ts'
import { letNextGo, type Row, renew, renewEveryMs, type Take } from './take.ts'

/** How often the outbox is looked at when nothing is on its way. */
const pollMs = 200

/** The same while the database does not answer. */
const pollAfterFailureMs = 2 * second

/** How many are in hand at once: one that is slow must not hold up the others. */
const hands = 20

/** Pauses grow from a second to an hour; after three days a notice is given up. */
const firstPauseMs = second
const longestPauseMs = hour
const givenUpAfterMs = 3 * day

/** How long stopping waits for what is on its way. Another node sends what was left. */
const graceMs = 6 * second

/** What came of one try to send a message. */
export type Outcome =
  | { is: 'sent' }
  /** It stays in the dev inbox, where it counts as sent. */
  | { is: 'kept' }
  | { is: 'notYet'; problem: string; againInMs: number }
  | { is: 'givenUp'; problem: string }
  /** The code in it does not work any more. */
  | { is: 'expired' }

export interface LineOptions {
  name: LineName
  db: Db
  log: Log
  take: Take
  /** Hands one message over, as a Gateway does; undefined where messages are kept instead. */
  send: ((row: Row) => Promise<void>) | undefined
}

/** One kind of messages on their way out. */
export interface Line {
  /** Sends what is due now, and resolves when it has been tried. */
  deliverDue(): Promise<void>
  /** Stops, after what is on its way. */
  stop(): Promise<void>
}

/** Takes messages of one kind out of the outbox and sends them, until it is stopped. */
export function startLine({ name, db, log, take, send }: LineOptions): Line {
  /** What is being sent, by its id. */
  const inHand = new Map<string, Promise<void>>()
  let looking: Promise<void> = Promise.resolve()
  let lookAgain = () => {}
  let stopping = false
  let abandoned = false

  async function run(): Promise<void> {
    while (!stopping) {
      let pauseMs = pollMs
      try {
        await look()
      } catch (error) {
        complain(error, 'outbox could not be read')
        pauseMs = pollAfterFailureMs
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      lookAgain = resolve
      const timer = setTimeout(resolve, stopping ? 0 : pauseMs)
      await promise
      clearTimeout(timer)
    }
  }

  /** One at a time: a second caller waits for a look that began after it asked. */
  function look(): Promise<void> {
    looking = looking.catch(() => {}).then(takeInHand)
    return looking
  }

  async function takeInHand(): Promise<void> {
    const free = hands - inHand.size
    if (free === 0 || stopping) return
    for (const row of await take(db, name, free)) {
      // A lease that could not be renewed in time: that is no reason to send it twice.
      if (inHand.has(row.id)) continue
      const delivered = deliver(row).finally(() => {
        inHand.delete(row.id)
        // There is a free hand, and perhaps something that waited for this one.
        lookAgain()
      })
      inHand.set(row.id, delivered)
    }
  }

  async function deliver(row: Row): Promise<void> {
    const outcome = await outcomeOf(row, send)
    say(log, row, outcome)
    tellAtOnce(db, { about: 'delivery', channel: row.channel, outcome: newsOf[outcome.is] })
    await writeDown(row, outcome)
  }

  /** What was taken must not be sent again: so this lasts until the database takes it. */
  async function writeDown(row: Row, outcome: Outcome): Promise<void> {
    while (!abandoned) {
      try {
        await settle(db, row, outcome)
        if (name === 'webhook' && outcome.is !== 'notYet') await letNextGo(db, row)
        return
      } catch (error) {
        complain(error, 'outcome of a message could not be kept')
        await sleep(pollAfterFailureMs, undefined, { ref: false })
      }
    }
  }

  function complain(error: unknown, what: string): void {
    // That the database is away is in the log already.
    if (!(error instanceof Problem)) log.error({ err: error }, what)
  }

  const renewal = setInterval(() => {
    if (inHand.size === 0) return
    renew(db, [...inHand.keys()]).catch((error) => complain(error, 'outbox could not be written'))
  }, renewEveryMs)

  const running = run()
  return {
    async deliverDue() {
      do {
        await look()
        await Promise.all(inHand.values())
        await look()
      } while (inHand.size > 0)
    },
    async stop() {
      stopping = true
      lookAgain()
      await running
      const grace = sleep(graceMs, undefined, { ref: false })
      await Promise.race([Promise.all(inHand.values()), grace])
      if (inHand.size > 0) log.warn({ messages: inHand.size }, 'stopped in the middle of something')
      abandoned = true
      clearInterval(renewal)
    },
  }
}

async function outcomeOf(row: Row, send: LineOptions['send']): Promise<Outcome> {
  if (row.expires_at !== null && row.expires_at <= now()) return { is: 'expired' }
  if (!send) return { is: 'kept' }
  try {
    await send(row)
    return { is: 'sent' }
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'unknown'
    // Both by the database's clock: it has just been taken in hand.
    const age = row.next_attempt_at - row.created_at
    if (error instanceof Undeliverable || age > givenUpAfterMs) {
      return { is: 'givenUp', problem }
    }
    const pauseMs = Math.max(
      firstPauseMs * 2 ** (row.attempts - 1),
      error instanceof NotBefore ? error.waitMs : 0,
    )
    return { is: 'notYet', problem, againInMs: Math.min(pauseMs, longestPauseMs) }
  }
}

const newsOf = {
  sent: 'sent',
  kept: 'sent',
  notYet: 'failed',
  givenUp: 'givenUp',
  expired: 'givenUp',
} as const satisfies Record<Outcome['is'], DeliveryOutcome>

function say(log: Log, row: Row, outcome: Outcome): void {
  const { id, channel, attempts } = row
  const about = {
    message: id,
    channel,
    ...(channel === 'webhook' ? { type: row.template } : { to: mask(row.recipient) }),
  }
  if (outcome.is === 'sent') log.info({ ...about, attempts }, 'message sent')
  if (outcome.is === 'expired') log.warn(about, 'code expired before it could be sent')
  if (outcome.is === 'notYet') {
    const { problem, againInMs } = outcome
    log.warn({ ...about, attempts, problem, againInMs }, 'message not sent yet')
  }
  if (outcome.is === 'givenUp') {
    log.error({ ...about, attempts, problem: outcome.problem }, 'message given up')
  }
}

/** Writes an outcome down. A failure counts only while nobody else has taken the message in hand. */
async function settle(db: Db, { id, attempts }: Row, outcome: Outcome): Promise<void> {
  // Nobody needs the code here any more, except in the dev inbox.
  const over = { secret_sealed: null }
  const outbox = db.updateTable('outbox').where('id', '=', id)
  const still = outbox.where('attempts', '=', attempts).where('sent_at', 'is', null)
  switch (outcome.is) {
    case 'sent':
      await outbox.set({ ...over, sent_at: now(), last_error: null }).execute()
      return
    case 'kept':
      await outbox.set({ sent_at: now() }).execute()
      return
    case 'expired':
      await still.set({ ...over, failed_at: now(), last_error: 'expired' }).execute()
      return
    case 'givenUp':
      await still.set({ ...over, failed_at: now(), last_error: outcome.problem }).execute()
      return
    case 'notYet': {
      const next_attempt_at = sql<number>`${databaseNow(db)} + ${outcome.againInMs}`
      await still.set({ next_attempt_at, last_error: outcome.problem }).execute()
    }
  }
}
