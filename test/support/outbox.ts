/** The outbox and the log of a service. */

import type { TestContext } from 'node:test'
import { newId } from '../../src/lib/random.ts'
import { rememberTime, travel } from './clock.ts'
import { TestLatchkey } from './latchkey.ts'

/** Starts a service for one test, with its own settings. */
export async function startLatchkey(
  t: TestContext,
  kind: TestLatchkey['databaseKind'],
  environment: Record<string, string> = {},
): Promise<TestLatchkey> {
  const latchkey = new TestLatchkey(kind, environment)
  const endTravels = rememberTime()
  await latchkey.start()
  t.after(async () => {
    await latchkey.stop().finally(endTravels)
  })
  return latchkey
}

/** Inserts notices into the outbox. @returns their ids, oldest first */
export async function enqueueNotices(
  latchkey: TestLatchkey,
  count: number,
  to: { channel: 'email' | 'sms'; recipient: string; nextAttemptAt?: number },
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId())
  const rows = ids.map(
    (id) =>
      `('${id}', '${to.channel}', '${to.recipient}', 'mfa-off', '{"at":0}', ${Date.now()}, ${to.nextAttemptAt ?? 0}, 0)`,
  )
  await latchkey.sql(
    `insert into outbox (id, channel, recipient, template, params, created_at, next_attempt_at, attempts)
     values ${rows.join(', ')}`,
  )
  return ids
}

/** The outbox rows of one recipient, oldest first. */
// biome-ignore lint/suspicious/noExplicitAny: rows of every shape
export function outboxRowsTo(latchkey: TestLatchkey, recipient: string): Promise<any[]> {
  return latchkey.sql(`select * from outbox where recipient = '${recipient}' order by id`)
}

/** The log lines with a message, oldest first. */
// biome-ignore lint/suspicious/noExplicitAny: lines of every shape
export function findLogLines({ log }: { log: string }, msg: string): any[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((line) => line.msg === msg)
}

/** Travels to the end of the wait of every digest. PostgreSQL’s clock can’t travel: its rows do. */
export async function endDigestWaits(latchkey: TestLatchkey): Promise<void> {
  const waitMs = 10 * 60_000
  travel(waitMs)
  if (latchkey.databaseKind === 'SQLite') return
  await latchkey.sql(
    `update outbox set waits_until = waits_until - ${waitMs}, next_attempt_at = next_attempt_at - ${waitMs}
     where waits_until is not null and attempts = 0`,
  )
}
