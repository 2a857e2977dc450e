/**
 * A node holds the message that it has claimed for as long as it runs. The tests wait for real
 * leases to expire, so they run concurrently.
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { clockAheadBy } from '../support/clock.ts'
import { databaseKinds } from '../support/database.ts'
import type { TestLatchkey } from '../support/latchkey.ts'
import { enqueueNotices, findLogLines, outboxRowsTo, startLatchkey } from '../support/outbox.ts'
import { createTempFolder, startLatchkeyProcess, waitUntil } from '../support/process.ts'
import { startSmsReceiver } from '../support/sms-receiver.ts'

const recipient = '+14155550100'

describe('leases', { concurrency: true }, () => {
  for (const kind of databaseKinds) {
    test(`another process sends the message that a killed one had claimed, on ${kind}`, async (t) => {
      const silent = await startSmsReceiver(t, () => new Promise(() => {}))
      const receiver = await startSmsReceiver(t)
      const latchkey = await databaseOf(t, kind)
      const victim = await startNode(t, latchkey, silent.url)
      const [id] = await enqueueNotices(latchkey, 1, { channel: 'sms', recipient })
      await waitUntil(() => silent.received.length > 0)
      const successor = await startNode(t, latchkey, receiver.url)
      const [claimed] = await outboxRowsTo(latchkey, recipient)
      assert.deepEqual([claimed.sent_at, claimed.attempts], [null, 1])
      const lease = Number(claimed.next_attempt_at) - Date.now()
      assert.ok(lease <= 10_000, `${lease} ms are left`)
      await victim.stop('SIGKILL')

      const { attempts: tries, time } = await waitUntil(
        () => findLogLines({ log: successor.stdout }, 'message sent')[0],
      )
      assert.equal(tries, 2)
      // The first node might still run, so nobody claims the message before its lease expires.
      assert.ok(time >= Number(claimed.next_attempt_at))
      const received = [...silent.received, ...receiver.received]
      assert.deepEqual(
        received.map((text) => text.id),
        [id, id],
      )
    })

    test(`a provider that takes longer than a lease receives nothing twice, on ${kind}`, async (t) => {
      let answer: (status: number) => void = () => {}
      const slow = await startSmsReceiver(t, () => new Promise((resolve) => (answer = resolve)))
      const latchkey = await databaseOf(t, kind)
      await startNode(t, latchkey, slow.url)
      const [id] = await enqueueNotices(latchkey, 1, { channel: 'sms', recipient })
      await waitUntil(() => slow.received.length > 0)
      const [claimed] = await outboxRowsTo(latchkey, recipient)

      // Clocks may differ between nodes on PostgreSQL; nodes on SQLite share a machine.
      const ahead = kind === 'PostgreSQL' ? clockAheadBy(60_000) : {}
      const other = await startNode(t, latchkey, slow.url, ahead)
      await waitUntil(() => Date.now() > Number(claimed.next_attempt_at) + 1000)
      answer(200)
      const row = await waitUntil(async () => {
        const [first] = await outboxRowsTo(latchkey, recipient)
        return first.sent_at && first
      })
      assert.equal(row.attempts, 1)
      assert.deepEqual(
        slow.received.map((text) => text.id),
        [id],
      )

      // A message enqueued by a node whose clock is ahead is due on the others at once.
      const body = JSON.stringify({ email: 'ada@example.org', password: 'a long sentence of hers' })
      const call = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
      assert.equal((await fetch(`${other.origin}/auth/SignUp`, call)).status, 202)
      const [enqueued] = await outboxRowsTo(latchkey, 'ada@example.org')
      assert.ok(Number(enqueued.next_attempt_at) < Date.now() + 30_000)
    })
  }
})

/** The database and environment of a stopped service. */
async function databaseOf(
  t: TestContext,
  kind: TestLatchkey['databaseKind'],
): Promise<TestLatchkey> {
  const latchkey = await startLatchkey(t, kind)
  await latchkey.stopKeepingData()
  return latchkey
}

function startNode(
  t: TestContext,
  latchkey: TestLatchkey,
  smsUrl: string,
  environment: Record<string, string> = {},
) {
  const { LATCHKEY_PORT: _, ...shared } = latchkey.environment
  return startLatchkeyProcess(t, {
    folder: createTempFolder(t),
    environment: { ...shared, LATCHKEY_SMS_URL: smsUrl, ...environment },
  })
}
