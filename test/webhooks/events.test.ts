import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cleanUp } from '../../src/retention.ts'
import { openDatabase } from '../../src/store/open.ts'
import { travel } from '../support/clock.ts'
import { databaseKinds } from '../support/database.ts'
import { findLogLines, startLatchkey } from '../support/outbox.ts'
import { createTempFolder, runLatchkey, waitUntil } from '../support/process.ts'
import { transactionOn } from '../support/transaction.ts'
import { startWebhookReceiver, type WebhookReply } from '../support/webhook-receiver.ts'

const second = 1000
const hour = 3600 * second
const day = 24 * hour

for (const kind of databaseKinds) {
  test(`every activity is sent, each account’s in order, and verified by the official library, on ${kind}`, async (t) => {
    const hook = await startWebhookReceiver(t)
    const latchkey = await startLatchkey(t, kind, { LATCHKEY_WEBHOOK_URL: hook.url })
    latchkey.markSecret(hook.secret.slice('whsec_'.length))
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.delete('/settings/MfaSignIn')
    await latchkey.post('/auth/SignIn', { email: 'nobody@example.org', password: 'a wrong guess' })

    const rows = await latchkey.sql('select id, account_id, session_id from activity order by id')
    await waitUntil(() => hook.received.length >= rows.length)
    const accountId = rows.find(({ account_id }) => account_id).account_id
    const { body: listed } = await ada.get('/settings/Activity?limit=100')
    const expected = listed.activity
      .toReversed()
      .map(({ id, type, at, userAgent, detail }: Record<string, unknown>) => {
        const sessionId = rows.find((row) => row.id === id).session_id
        const data = { activityId: id, accountId, sessionId, userAgent, detail }
        return { type, timestamp: at, data }
      })
    const adaEvents = hook.received.filter(({ event }) => event.data.accountId === accountId)
    assert.deepEqual(
      adaEvents.map(({ event }) => event),
      expected,
    )
    assert.deepEqual(
      adaEvents.map(({ id }) => id),
      adaEvents.map(({ event }) => event.data.activityId),
    )
    assert.equal(adaEvents.at(-1)?.event.type, 'mfa.off')
    const others = hook.received.filter((one) => !adaEvents.includes(one))
    assert.deepEqual(
      others.map(({ event }) => [event.type, event.data.accountId]),
      [['signin.failed', null]],
    )

    for (const post of hook.received) {
      assert.equal(post.requestLine, 'POST /hooks?tenant=7')
      assert.equal(post.headers['content-type'], 'application/json')
      // Receivers need the account, not its owner's personal data.
      const whole = JSON.stringify([post.headers, post.body])
      for (const hidden of [ada.email, 'nobody@', '"address"', hook.secret.slice(6)]) {
        assert.ok(!whole.includes(hidden), hidden)
      }
    }
  })

  test(`an account’s next event waits for the one before, and other accounts’ events do not, on ${kind}`, async (t) => {
    const hook = await startWebhookReceiver(t)
    const latchkey = await startLatchkey(t, kind, { LATCHKEY_WEBHOOK_URL: hook.url })
    const ada = await latchkey.owner()
    const bob = await latchkey.owner()
    const activityCount = async () => (await latchkey.sql('select id from activity')).length
    await waitUntil(async () => hook.received.length === (await activityCount()))
    hook.received.length = 0

    const { promise, resolve: answer } = Promise.withResolvers<WebhookReply>()
    hook.respond = ({ event }) => (event.type === 'mfa.on' ? promise : 204)
    await ada.turnOn('email')
    await ada.delete('/settings/MfaSignIn')
    await waitUntil(() => hook.received.length === 1)
    // Each of these is polled for after Ada’s events were, and arrives alone.
    for (const round of [1, 2, 3]) {
      await bob.signIn()
      await waitUntil(() => hook.received.length === 1 + round)
    }
    const arrived = hook.received.map(({ event }) => event.type)
    assert.deepEqual(arrived, ['mfa.on', ...Array(3).fill('signin.succeeded')])

    hook.respond = () => 204
    answer(500)
    await waitUntil(() => hook.received.at(-1)?.event.type === 'mfa.off')
    const [first] = hook.received
    const adaEvents = hook.received.filter(
      ({ event }) => event.data.accountId === first?.event.data.accountId,
    )
    const types = adaEvents.map(({ event }) => event.type)
    assert.deepEqual(types, ['mfa.on', 'mfa.on', 'recovery_codes.generated', 'mfa.off'])
    // The retry has the same id and body.
    assert.deepEqual([adaEvents[0]?.id, adaEvents[0]?.body], [adaEvents[1]?.id, adaEvents[1]?.body])
    assert.equal(await activityCount(), hook.received.length + 3)
  })

  test(`importing an account sends an event, on ${kind}`, async (t) => {
    const hook = await startWebhookReceiver(t)
    const latchkey = await startLatchkey(t, kind, { LATCHKEY_WEBHOOK_URL: hook.url })
    const file = join(createTempFolder(t), 'accounts.jsonl')
    writeFileSync(file, '{"email":"ada@example.com"}\n{"email":"eve@example.com"}\n')
    const { environment } = latchkey
    const { code } = await runLatchkey(t, { environment, args: ['accounts', 'import', file] })
    assert.equal(code, 0)
    await waitUntil(() => hook.received.length >= 2)
    const events = hook.received.map(({ event }) => [event.type, event.data.detail])
    const expected = ['account.created', { imported: true, mfaMethod: null }]
    assert.deepEqual(events, [expected, expected])
  })

  test(`the event of an erased account has the account’s id, on ${kind}`, async (t) => {
    const hook = await startWebhookReceiver(t)
    const latchkey = await startLatchkey(t, kind, { LATCHKEY_WEBHOOK_URL: hook.url })
    const ada = await latchkey.owner()
    const { password } = ada
    const deleted = await latchkey.request('DELETE', '/settings/Account', {
      body: { password },
      token: ada.accessToken,
    })
    assert.equal(deleted.status, 204)
    const { event } = await waitUntil(() =>
      hook.received.find((one) => one.event.type === 'account.deleted'),
    )
    travel(8 * day)
    // The service does this once an hour.
    const db = openDatabase(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')
    t.after(() => db.destroy())
    await cleanUp(db, transactionOn(db, { webhooksEnabled: true }))
    const erased = await waitUntil(() =>
      hook.received.find((one) => one.event.type === 'account.erased'),
    )
    assert.equal(erased.event.data.accountId, event.data.accountId)
  })
}

test('without the setting no event is enqueued, and leftover events are eventually deleted', async (t) => {
  const hook = await startWebhookReceiver(t)
  hook.respond = () => 503
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_WEBHOOK_URL: hook.url })
  await latchkey.owner()
  const statement = 'select id from webhook_event'
  const before = await latchkey.sql(statement)
  assert.ok(before.length > 0)

  await latchkey.restart({ LATCHKEY_WEBHOOK_URL: '' })
  await latchkey.owner()
  assert.deepEqual(await latchkey.sql(statement), before)
  travel(31 * day)
  const db = openDatabase(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')
  t.after(() => db.destroy())
  await cleanUp(db, transactionOn(db))
  assert.deepEqual(await latchkey.sql(statement), [])
})

test('an event that a receiver does not accept is retried after growing pauses, for three days', async (t) => {
  const hook = await startWebhookReceiver(t)
  hook.respond = () => 500
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_WEBHOOK_URL: hook.url })
  await latchkey.owner()
  for (let tries = 0; tries < 14; tries += 1) {
    const line = await waitUntil(() => findLogLines(latchkey, 'message not sent yet')[tries])
    assert.equal(line.retryInMs, Math.min(2 ** tries * second, hour))
    assert.deepEqual([line.channel, line.type], ['webhook', 'account.created'])
    travel(line.retryInMs)
  }
  travel(3 * day)
  const failed = await waitUntil(() => findLogLines(latchkey, 'message failed')[0])
  assert.deepEqual([failed.level, failed.channel, failed.type], [50, 'webhook', 'account.created'])
  // Then the account's next event is sent.
  hook.respond = () => 204
  await waitUntil(() => hook.received.at(-1)?.event.type === 'signin.succeeded')
})

test('a 410 gives up that event only, and at once', async (t) => {
  const hook = await startWebhookReceiver(t)
  hook.respond = ({ event }) => (event.type === 'account.created' ? 410 : 204)
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_WEBHOOK_URL: hook.url })
  await latchkey.owner()
  await waitUntil(() => hook.received.length === 2)
  const types = hook.received.map(({ event }) => event.type)
  assert.deepEqual(types, ['account.created', 'signin.succeeded'])
  assert.equal(findLogLines(latchkey, 'message failed')[0].type, 'account.created')
})

test('the pause that a receiver requests is respected, up to an hour', async (t) => {
  const hook = await startWebhookReceiver(t)
  const answers: WebhookReply[] = [
    [429, { 'retry-after': '90' }],
    [503, { 'retry-after': new Date(Date.now() + 600 * second).toUTCString() }],
    [503, { 'retry-after': '999999' }],
    [503, { 'retry-after': 'soon' }],
  ]
  hook.respond = () => answers.shift() ?? 204
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_WEBHOOK_URL: hook.url })
  await latchkey.owner()
  const pauses: number[] = []
  for (const at of [0, 1, 2, 3]) {
    const { retryInMs } = await waitUntil(() => findLogLines(latchkey, 'message not sent yet')[at])
    pauses.push(retryInMs)
    travel(retryInMs)
  }
  assert.equal(pauses[0], 90 * second)
  assert.ok((pauses[1] ?? 0) > 480 * second && (pauses[1] ?? 0) <= 600 * second, `${pauses[1]}`)
  assert.deepEqual(pauses.slice(2), [hour, 8 * second])
  await waitUntil(() => hook.received.length === 6)
})
