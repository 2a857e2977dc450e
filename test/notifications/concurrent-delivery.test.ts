import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseKeyring } from '../../src/keys/keyring.ts'
import { createLog } from '../../src/lib/log.ts'
import { startDelivery } from '../../src/notifications/delivery.ts'
import { createSmsTransport } from '../../src/notifications/sms.ts'
import { openDatabase } from '../../src/store/open.ts'
import { databaseKinds } from '../support/database.ts'
import { enqueueNotices, findLogLines, outboxRowsTo, startLatchkey } from '../support/outbox.ts'
import { startNode, waitUntil } from '../support/process.ts'
import { startSmsReceiver } from '../support/sms-receiver.ts'

const recipient = '+14155550100'

for (const kind of databaseKinds) {
  test(`two nodes send two hundred messages once each, on ${kind}`, async (t) => {
    // As slow as a real provider, so that both nodes are busy at the same time.
    const receiver = await startSmsReceiver(t, async () => {
      await sleep(100)
      return 200
    })
    const latchkey = await startLatchkey(t, kind, { LATCHKEY_SMS_URL: receiver.url })
    const other = await startNode(t, latchkey)
    const ids = await enqueueNotices(latchkey, 200, { channel: 'sms', recipient })

    await waitUntil(async () =>
      (await outboxRowsTo(latchkey, recipient)).every((row) => row.sent_at),
    )
    assert.deepEqual(receiver.received.map(({ id }) => id).sort(), ids.sort())
    const byOther = findLogLines({ log: other.stdout }, 'message sent').length
    assert.ok(byOther > 0 && byOther < 200, `the other node sent ${byOther}`)
  })

  test(`of eight nodes that poll concurrently, one claims each message, on ${kind}`, async (t) => {
    const receiver = await startSmsReceiver(t)
    const latchkey = await startLatchkey(t, kind, { LATCHKEY_SMS_URL: receiver.url })
    // The service itself polls, too.
    const { LATCHKEY_DATABASE_URL = '', LATCHKEY_ENCRYPTION_KEYS = '' } = latchkey.environment
    const stores = Array.from({ length: 8 }, () => openDatabase(LATCHKEY_DATABASE_URL))
    const nodes = stores.map((db) =>
      startDelivery({
        db,
        keyring: parseKeyring(LATCHKEY_ENCRYPTION_KEYS),
        log: createLog('silent'),
        emit() {},
        brand: {
          name: 'Latchkey',
          publicUrl: latchkey.origin,
          color: '#17603c',
          onColor: '#ffffff',
          logo: false,
        },
        transports: {
          email: undefined,
          sms: createSmsTransport({ url: receiver.url, from: undefined }),
        },
        capturedChannels: [],
      }),
    )
    try {
      for (let round = 1; round <= 10; round += 1) {
        const ids = await enqueueNotices(latchkey, 10, { channel: 'sms', recipient })
        await Promise.all(nodes.map((node) => node.deliverDue(['sms'])))
        const sent = () => receiver.received.filter(({ id }) => ids.includes(id))
        await waitUntil(() => sent().length >= ids.length)
        const sentIds = sent().map(({ id }) => id)
        assert.deepEqual(sentIds.sort(), ids.sort(), `round ${round}`)
      }
    } finally {
      await Promise.all(nodes.map((node) => node.stop()))
      await Promise.all(stores.map((db) => db.destroy()))
    }
  })
}

test('a node does not resend a message whose lease expired while it was sending', async (t) => {
  let answer: (status: number) => void = () => {}
  const receiver = await startSmsReceiver(t, () => new Promise((resolve) => (answer = resolve)))
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_SMS_URL: receiver.url })
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient })
  await waitUntil(() => receiver.received.length > 0)
  await latchkey.sql('update outbox set next_attempt_at = 0')
  await waitUntil(async () => (await outboxRowsTo(latchkey, recipient))[0].attempts === 2)
  // A later message has left, so a resent one would have left, too.
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient: '+14155550101' })
  await waitUntil(() => receiver.received.at(-1)?.to === '+14155550101')
  answer(200)
  assert.equal(receiver.received.length, 2)
})

test('a failed attempt does not change a message that another node has claimed since', async (t) => {
  let answer: (status: number) => void = () => {}
  const receiver = await startSmsReceiver(t, () => new Promise((resolve) => (answer = resolve)))
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_SMS_URL: receiver.url })
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient })
  await waitUntil(() => receiver.received.length > 0)
  // Claims the message as another node would.
  const dueAt = Date.now() + 3_600_000
  await latchkey.sql(`update outbox set attempts = attempts + 1, next_attempt_at = ${dueAt}`)
  answer(422)
  await waitUntil(() => findLogLines(latchkey, 'message failed')[0])
  // A later message has a recorded outcome, so the failed attempt has been handled, too.
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient: '+14155550101' })
  await waitUntil(() => receiver.received.length > 1)
  answer(200)
  await waitUntil(async () => (await outboxRowsTo(latchkey, '+14155550101'))[0].sent_at)
  const [{ failed_at, next_attempt_at }] = await outboxRowsTo(latchkey, recipient)
  assert.deepEqual([failed_at, next_attempt_at], [null, dueAt])
})

test('a service that shuts down waits for messages in flight', async (t) => {
  let answer: (status: number) => void = () => {}
  const receiver = await startSmsReceiver(t, () => new Promise((resolve) => (answer = resolve)))
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_SMS_URL: receiver.url })
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient })
  await waitUntil(() => receiver.received.length > 0)
  const closed = latchkey.stopKeepingData()
  // Long enough for the service to stop, if it did not wait.
  await waitUntil(() => fetch(`${latchkey.origin}/health/live`).then(no, yes))
  answer(200)
  await closed
  const [row] = await outboxRowsTo(latchkey, recipient)
  assert.ok(row.sent_at)
})

const yes = () => true
const no = () => false
