import { setTimeout as pause } from 'node:timers/promises'
import { countPendingLogouts } from '../apps/logout/logout-queue.ts'
import { now, second } from '../lib/clock.ts'
import { countPendingMessages } from '../notifications/outbox.ts'
import { channels } from '../notifications/transport.ts'
import type { Db } from '../store/open.ts'
import { countSmsLast24h } from '../verification/send-code.ts'
import { countPendingEvents } from '../webhooks/events.ts'

/** The delivery queues: the outbox by channel, webhook events, and logouts of applications. */
export const queueNames = [...channels, 'webhook', 'logout'] as const
type QueueName = (typeof queueNames)[number]

/** Values that are queried from the database at each scrape. */
export interface DatabaseGauges {
  queues: Record<QueueName, { waiting: number; oldestMs: number }>
  /** Text messages enqueued in the last 24 hours, by all nodes. */
  smsLast24h: { all: number; toUnverified: number }
}

/** Prometheus waits 10 s by default, and needs the other metrics even without these. */
const timeoutMs = 2 * second

/** @returns undefined if the database does not respond in time */
export async function readDatabaseGauges(db: Db): Promise<DatabaseGauges | undefined> {
  const deadline = new AbortController()
  const gauges = queryGauges(db).catch(() => undefined)
  const timeout = pause(timeoutMs, undefined, { signal: deadline.signal }).catch(() => undefined)
  try {
    return await Promise.race([gauges, timeout])
  } finally {
    deadline.abort()
  }
}

async function queryGauges(db: Db): Promise<DatabaseGauges> {
  const messages = await countPendingMessages(db)
  const events = await countPendingEvents(db)
  const logouts = await countPendingLogouts(db)
  const queueOf = ({ waiting, oldest }: { waiting: number; oldest: number | null }) => ({
    waiting,
    oldestMs: oldest === null ? 0 : Math.max(0, now() - oldest),
  })
  const channelOf = (name: (typeof channels)[number]) =>
    queueOf(messages.find(({ channel }) => channel === name) ?? { waiting: 0, oldest: null })
  return {
    queues: {
      email: channelOf('email'),
      sms: channelOf('sms'),
      webhook: queueOf(events),
      logout: queueOf(logouts),
    },
    smsLast24h: await countSmsLast24h(db),
  }
}
