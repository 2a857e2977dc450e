import { setTimeout as pause } from 'node:timers/promises'
import { textsPromised } from '../codes/send-code.ts'
import { now, second } from '../lib/clock.ts'
import { type LineName, lineNames } from '../messages/gateway.ts'
import { waitingMessages } from '../messages/outbox.ts'
import type { Db } from '../store/open.ts'

/** What is looked up when somebody asks, and never otherwise. */
export interface Reading {
  outbox: Record<LineName, { waiting: number; oldestMs: number }>
  /** Texts promised in the last 24 hours, over the whole service. */
  texts: number
}

/** Whoever scrapes waits ten seconds at most, and wants everything else all the same. */
const patienceMs = 2 * second

/** @returns undefined if the database does not answer in time */
export async function read(db: Db): Promise<Reading | undefined> {
  const tooLate = new AbortController()
  const answer = readNow(db).catch(() => undefined)
  const late = pause(patienceMs, undefined, { signal: tooLate.signal }).catch(() => undefined)
  try {
    return await Promise.race([answer, late])
  } finally {
    tooLate.abort()
  }
}

async function readNow(db: Db): Promise<Reading> {
  const rows = await waitingMessages(db)
  const outbox = Object.fromEntries(
    lineNames.map((channel) => {
      const { waiting = 0, oldest = now() } = rows.find((row) => row.channel === channel) ?? {}
      return [channel, { waiting, oldestMs: Math.max(0, now() - oldest) }]
    }),
  ) as Reading['outbox']
  return { outbox, texts: await textsPromised(db) }
}
