import { setTimeout as sleep } from 'node:timers/promises'
import { day, hour, now, second } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { DeliveryOutcome, EmitEvent } from '../lib/metric-events.ts'
import { Problem } from '../lib/problem.ts'
import { type AttemptOutcome, extendLeaseEveryMs, type Queue, type QueuedRow } from './queue.ts'
import { PermanentDeliveryError, RetryAfterError } from './transport.ts'

/** The pause between two polls of the queue; a finished delivery ends it early. */
const pollMs = 200

/** The pause after the database failed. */
const pollAfterFailureMs = 2 * second

/** Messages in flight at once, so that a slow one does not hold up the others. */
const concurrency = 20

/** The backoff doubles from a second up to an hour; after three days a message has failed. */
const firstBackoffMs = second
const maxBackoffMs = hour
const giveUpAfterMs = 3 * day

/** How long stopping waits for messages in flight. Another node sends the rest. */
const shutdownGraceMs = 6 * second

export interface DeliveryWorkerOptions<Row extends QueuedRow> {
  /** The name of the queue in logs and metrics. */
  name: string
  queue: Queue<Row>
  log: Log
  emit: EmitEvent
  /** Sends one message, as a Transport does; undefined to capture messages instead. */
  send: ((row: Row) => Promise<void>) | undefined
  /** The fields that identify a message in the log, without personal data. */
  logFields: (row: Row) => object
}

/** Delivers the messages of one queue. */
export interface DeliveryWorker {
  /** Resolves once every message that is due now has been attempted. */
  deliverDue(): Promise<void>
  /** Stops after the messages in flight. */
  stop(): Promise<void>
}

/**
 * Claims messages of a queue and sends them until it is stopped. The loop is not `repeat`
 * (lib/repeat.ts), because a finished delivery ends the pause early, `deliverDue` polls between two
 * pauses, and database failures that the outage log reports are not logged again.
 */
export function startWorker<Row extends QueuedRow>(
  options: DeliveryWorkerOptions<Row>,
): DeliveryWorker {
  const { name, queue, log, emit, send, logFields } = options
  /** The deliveries under way, by message id. */
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
        logError(error, 'messages could not be claimed')
        pauseMs = pollAfterFailureMs
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const timer = setTimeout(resolve, stopping ? 0 : pauseMs)
      await promise
      clearTimeout(timer)
    }
  }

  /** Runs one poll at a time: a second caller gets a poll that started after its call. */
  function poll(): Promise<void> {
    polling = polling.catch(() => {}).then(claimAndDeliver)
    return polling
  }

  async function claimAndDeliver(): Promise<void> {
    const freeSlots = concurrency - inFlight.size
    if (freeSlots === 0 || stopping) return
    for (const row of await queue.claim(freeSlots)) {
      // Its lease ran out because it could not be extended: this node is still sending it.
      if (inFlight.has(row.id)) continue
      const delivery = deliver(row).finally(() => {
        inFlight.delete(row.id)
        // A slot is free, and this message may have blocked another.
        wake()
      })
      inFlight.set(row.id, delivery)
    }
  }

  async function deliver(row: Row): Promise<void> {
    const outcome = await attemptDelivery(row, send)
    const fields = { message: row.id, channel: name, ...logFields(row) }
    logOutcome(log, { ...fields, attempts: row.attempts }, outcome)
    emit({ kind: 'delivery', channel: name, outcome: metricOutcomes[outcome.status] })
    await recordOutcome(row, outcome)
  }

  /** Retries until the database has the outcome: a sent message must not be sent again. */
  async function recordOutcome(row: Row, outcome: AttemptOutcome): Promise<void> {
    while (!abandoned) {
      try {
        await queue.complete(row, outcome)
        return
      } catch (error) {
        logError(error, 'outcome of a delivery could not be recorded')
        await sleep(pollAfterFailureMs, undefined, { ref: false })
      }
    }
  }

  function logError(error: unknown, message: string): void {
    // A Problem means that the database is unavailable, which the outage log has reported.
    if (!(error instanceof Problem)) log.error({ err: error, channel: name }, message)
  }

  const leaseTimer = setInterval(() => {
    if (inFlight.size === 0) return
    queue
      .extendLeases([...inFlight.keys()])
      .catch((error) => logError(error, 'leases could not be extended'))
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
      if (inFlight.size > 0) {
        log.warn({ channel: name, messages: inFlight.size }, 'stopped with messages in flight')
      }
      abandoned = true
      clearInterval(leaseTimer)
    },
  }
}

async function attemptDelivery<Row extends QueuedRow>(
  row: Row,
  send: DeliveryWorkerOptions<Row>['send'],
): Promise<AttemptOutcome> {
  const { attempts, created_at, next_attempt_at, expires_at = null } = row
  if (expires_at !== null && expires_at <= now()) return { status: 'expired' }
  if (!send) return { status: 'captured' }
  try {
    await send(row)
    return { status: 'sent' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    // Both times are by the database's clock: the claim has just set next_attempt_at.
    const ageMs = next_attempt_at - created_at
    if (error instanceof PermanentDeliveryError || ageMs > giveUpAfterMs) {
      return { status: 'failed', reason }
    }
    const backoffMs = Math.max(
      firstBackoffMs * 2 ** (attempts - 1),
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

function logOutcome(log: Log, fields: object, outcome: AttemptOutcome): void {
  if (outcome.status === 'sent') log.info(fields, 'message sent')
  if (outcome.status === 'expired') log.warn(fields, 'code expired before it could be sent')
  if (outcome.status === 'retry') {
    const { reason, retryInMs } = outcome
    log.warn({ ...fields, reason, retryInMs }, 'message not sent yet')
  }
  if (outcome.status === 'failed')
    log.error({ ...fields, reason: outcome.reason }, 'message failed')
}
