import { setTimeout as pause } from 'node:timers/promises'
import { now, second } from '../lib/clock.ts'
import { countPendingMessages } from '../notifications/outbox.ts'
import { type QueueName, queueNames } from '../notifications/transport.ts'
import type { Db } from '../store/open.ts'
import { countSmsLast24h } from '../verification/send-code.ts'

/** Values that are queried from the database at each scrape. */
export interface DatabaseGauges {
  outbox: Record<QueueName, { waiting: number; oldestMs: number }>
  /** Text messages enqueued in the last 24 hours, by all nodes. */
  smsLast24h: number
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
  const rows = await countPendingMessages(db)
  const outbox = Object.fromEntries(
    queueNames.map((channel) => {
      const { waiting = 0, oldest = now() } = rows.find((row) => row.channel === channel) ?? {}
      return [channel, { waiting, oldestMs: Math.max(0, now() - oldest) }]
    }),
  ) as DatabaseGauges['outbox']
  return { outbox, smsLast24h: await countSmsLast24h(db) }
}
