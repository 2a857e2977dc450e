import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { day, hour, now, second } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { mask } from '../lib/mask.ts'
import type { DeliveryOutcome, EmitEvent } from '../lib/metric-events.ts'
import { Problem } from '../lib/problem.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import {
  type Claim,
  extendLease,
  extendLeaseEveryMs,
  type OutboxRow,
  unblockNext,
} from './claim.ts'
import { PermanentDeliveryError, type QueueName, RetryAfterError } from './transport.ts'

/** How often the outbox is looked at when nothing is on its way. */
const pollMs = 200

/** The same while the database does not answer. */
const pollAfterFailureMs = 2 * second

/** How many are in hand at once: one that is slow must not hold up the others. */
const concurrency = 20

/** Pauses grow from a second to an hour; after three days a notice is given up. */
const firstBackoffMs = second
const maxBackoffMs = hour
const giveUpAfterMs = 3 * day

/** How long stopping waits for what is on its way. Another node sends what was left. */
const shutdownGraceMs = 6 * second

/** What came of one try to send a message. */
export type AttemptOutcome =
  | { status: 'sent' }
  /** It stays in the dev inbox, where it counts as sent. */
  | { status: 'captured' }
  | { status: 'retry'; reason: string; retryInMs: number }
  | { status: 'failed'; reason: string }
  /** The code in it does not work any more. */
  | { status: 'expired' }

export interface DeliveryWorkerOptions {
  queue: QueueName
  db: Db
  log: Log
  emit: EmitEvent
  claim: Claim
  /** Hands one message over, as a Gateway does; undefined where messages are kept instead. */
  send: ((row: OutboxRow) => Promise<void>) | undefined
}

/** One kind of messages on their way out. */
export interface DeliveryWorker {
  /** Sends what is due now, and resolves when it has been tried. */
  deliverDue(): Promise<void>
  /** Stops, after what is on its way. */
  stop(): Promise<void>
}

/** Takes messages of one kind out of the outbox and sends them, until it is stopped. */
export function startWorker({
  queue,
  db,
  log,
  emit,
  claim,
  send,
}: DeliveryWorkerOptions): DeliveryWorker {
  /** What is being sent, by its id. */
  const inFlight = new Map<string, Promise<void>>()
  let polling: Promise<void> = Promise.resolve()
  let wake = () => {}
  let stopping = false
  let abandoned = false

  async function run(): Promise<void> {
    while (!stopping) {
      let pauseMs = pollMs
      try {
        await poll()
      } catch (error) {
        logError(error, 'outbox could not be read')
        pauseMs = pollAfterFailureMs
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const timer = setTimeout(resolve, stopping ? 0 : pauseMs)
      await promise
      clearTimeout(timer)
    }
  }

  /** One at a time: a second caller waits for a look that began after it asked. */
  function poll(): Promise<void> {
    polling = polling.catch(() => {}).then(claimAndDeliver)
    return polling
  }

  async function claimAndDeliver(): Promise<void> {
    const freeSlots = concurrency - inFlight.size
    if (freeSlots === 0 || stopping) return
    for (const row of await claim(db, queue, freeSlots)) {
      // A lease that could not be renewed in time: that is no reason to send it twice.
      if (inFlight.has(row.id)) continue
      const delivery = deliver(row).finally(() => {
        inFlight.delete(row.id)
        // There is a free hand, and perhaps something that waited for this one.
        wake()
      })
      inFlight.set(row.id, delivery)
    }
  }

  async function deliver(row: OutboxRow): Promise<void> {
    const outcome = await attemptDelivery(row, send)
    logOutcome(log, row, outcome)
    emit({ kind: 'delivery', channel: row.channel, outcome: metricOutcomes[outcome.status] })
    await recordOutcome(row, outcome)
  }

  /** What was taken must not be sent again: so this lasts until the database takes it. */
  async function recordOutcome(row: OutboxRow, outcome: AttemptOutcome): Promise<void> {
    while (!abandoned) {
      try {
        await updateRow(db, row, outcome)
        if (queue === 'webhook' && outcome.status !== 'retry') await unblockNext(db, row)
        return
      } catch (error) {
        logError(error, 'outcome of a message could not be kept')
        await sleep(pollAfterFailureMs, undefined, { ref: false })
      }
    }
  }

  function logError(error: unknown, message: string): void {
    // That the database is away is in the log already.
    if (!(error instanceof Problem)) log.error({ err: error }, message)
  }

  const leaseTimer = setInterval(() => {
    if (inFlight.size === 0) return
    extendLease(db, [...inFlight.keys()]).catch((error) =>
      logError(error, 'outbox could not be written'),
    )
  }, extendLeaseEveryMs)

  const running = run()
  return {
    async deliverDue() {
      do {
        await poll()
        await Promise.all(inFlight.values())
        await poll()
      } while (inFlight.size > 0)
    },
    async stop() {
      stopping = true
      wake()
      await running
      const timeout = sleep(shutdownGraceMs, undefined, { ref: false })
      await Promise.race([Promise.all(inFlight.values()), timeout])
      if (inFlight.size > 0)
        log.warn({ messages: inFlight.size }, 'stopped in the middle of something')
      abandoned = true
      clearInterval(leaseTimer)
    },
  }
}

async function attemptDelivery(
  row: OutboxRow,
  send: DeliveryWorkerOptions['send'],
): Promise<AttemptOutcome> {
  if (row.expires_at !== null && row.expires_at <= now()) return { status: 'expired' }
  if (!send) return { status: 'captured' }
  try {
    await send(row)
    return { status: 'sent' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    // Both by the database's clock: it has just been taken in hand.
    const age = row.next_attempt_at - row.created_at
    if (error instanceof PermanentDeliveryError || age > giveUpAfterMs) {
      return { status: 'failed', reason }
    }
    const backoffMs = Math.max(
      firstBackoffMs * 2 ** (row.attempts - 1),
      error instanceof RetryAfterError ? error.retryAfterMs : 0,
    )
    return { status: 'retry', reason, retryInMs: Math.min(backoffMs, maxBackoffMs) }
  }
}

const metricOutcomes = {
  sent: 'sent',
  captured: 'sent',
  retry: 'retry',
  failed: 'failed',
  expired: 'failed',
} as const satisfies Record<AttemptOutcome['status'], DeliveryOutcome>

function logOutcome(log: Log, row: OutboxRow, outcome: AttemptOutcome): void {
  const { id, channel, attempts } = row
  const fields = {
    message: id,
    channel,
    ...(channel === 'webhook' ? { type: row.template } : { to: mask(row.recipient) }),
  }
  if (outcome.status === 'sent') log.info({ ...fields, attempts }, 'message sent')
  if (outcome.status === 'expired') log.warn(fields, 'code expired before it could be sent')
  if (outcome.status === 'retry') {
    const { reason, retryInMs } = outcome
    log.warn({ ...fields, attempts, reason, retryInMs }, 'message not sent yet')
  }
  if (outcome.status === 'failed') {
    log.error({ ...fields, attempts, reason: outcome.reason }, 'message given up')
  }
}

/** Writes an outcome down. A failure counts only while nobody else has taken the message in hand. */
async function updateRow(
  db: Db,
  { id, attempts }: OutboxRow,
  outcome: AttemptOutcome,
): Promise<void> {
  // Nobody needs the code here any more, except in the dev inbox.
  const cleared = { secret_sealed: null }
  const outbox = db.updateTable('outbox').where('id', '=', id)
  const unlessReclaimed = outbox.where('attempts', '=', attempts).where('sent_at', 'is', null)
  switch (outcome.status) {
    case 'sent':
      await outbox.set({ ...cleared, sent_at: now(), last_error: null }).execute()
      return
    case 'captured':
      await outbox.set({ sent_at: now() }).execute()
      return
    case 'expired':
      await unlessReclaimed.set({ ...cleared, failed_at: now(), last_error: 'expired' }).execute()
      return
    case 'failed':
      await unlessReclaimed
        .set({ ...cleared, failed_at: now(), last_error: outcome.reason })
        .execute()
      return
    case 'retry': {
      const next_attempt_at = sql<number>`${databaseNow(db)} + ${outcome.retryInMs}`
      await unlessReclaimed.set({ next_attempt_at, last_error: outcome.reason }).execute()
    }
  }
}
