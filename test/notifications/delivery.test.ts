import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { databaseKinds } from '../support/database.ts'
import { enqueueNotices, findLogLines, outboxRowsTo, startLatchkey } from '../support/outbox.ts'
import { waitUntil } from '../support/process.ts'
import { startSmsReceiver } from '../support/sms-receiver.ts'
import { parseMailHeaders, parseMailParts, startSmtpServer } from '../support/smtp-server.ts'
import { startTcpServer } from '../support/tcp.ts'

const minute = 60_000
const hour = 60 * minute
const password = 'a long sentence of hers'

async function withMail(t: TestContext) {
  const smtp = await startSmtpServer(t)
  const mail = {
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    LATCHKEY_MAIL_FROM: 'Acme <no-reply@acme.example>',
    LATCHKEY_BRAND_NAME: 'Acme',
  }
  return { smtp, mail }
}

for (const kind of databaseKinds) {
  test(`an owner signs up with the code in the received email, on ${kind}`, async (t) => {
    const { smtp, mail } = await withMail(t)
    const latchkey = await startLatchkey(t, kind, mail)
    const email = 'ada@example.org'
    const { signUpToken } = (await latchkey.post('/auth/SignUp', { email, password })).body
    const { to, raw } = await waitUntil(() => smtp.received[0])

    assert.deepEqual(to, [email])
    const { subject, from } = Object.fromEntries(parseMailHeaders(raw))
    const [, code] = /^([0-9]{6}) is your Acme code$/.exec(subject ?? '') ?? []
    latchkey.markSecret(code)
    assert.equal(from, 'Acme <no-reply@acme.example>')
    for (const { content } of parseMailParts(raw)) assert.ok(content.includes(code ?? 'no code'))
    const verified = await latchkey.post('/auth/SignUp/Verify', { signUpToken, code })
    assert.equal(verified.body.status, 'signedIn')
    assert.equal(smtp.received.length, 1)
  })

  test(`a code is sealed while it waits and deleted once it is sent, on ${kind}`, async (t) => {
    const { smtp, mail } = await withMail(t)
    smtp.refusal = { to: 'RCPT TO', code: 452, text: '4.2.2 later' }
    const latchkey = await startLatchkey(t, kind, mail)
    const email = 'ada@example.org'
    await latchkey.post('/auth/SignUp', { email, password })
    await waitUntil(() => findLogLines(latchkey, 'message not sent yet')[0])
    const [waiting] = await outboxRowsTo(latchkey, email)

    smtp.refusal = undefined
    travel(minute)
    const { raw } = await waitUntil(() => smtp.received[0])
    const code = /[0-9]{6}/.exec(Object.fromEntries(parseMailHeaders(raw)).subject ?? '')?.[0]
    assert.ok(code)
    assert.ok(waiting.secret_sealed)
    assert.ok(!JSON.stringify(waiting).includes(code))
    const sent = await waitUntil(async () =>
      (await outboxRowsTo(latchkey, email)).find((r) => r.sent_at),
    )
    assert.equal(sent.secret_sealed, null)
    assert.equal(sent.last_error, null)
  })
}

test('an email that the mail server defers is retried after growing pauses', async (t) => {
  const { smtp, mail } = await withMail(t)
  smtp.refusal = { to: 'RCPT TO', code: 452, text: '4.2.2 later' }
  const latchkey = await startLatchkey(t, 'SQLite', mail)
  await enqueueNotices(latchkey, 1, { channel: 'email', recipient: 'ada@example.org' })

  const pauses = [1, 2, 4].map((seconds) => seconds * 1000)
  for (const [tries, pause] of pauses.entries()) {
    const line = await waitUntil(() => findLogLines(latchkey, 'message not sent yet')[tries])
    assert.equal(line.retryInMs, pause)
    assert.equal(line.attempts, tries + 1)
    assert.equal(line.to, 'a•••@example.org')
    travel(pause)
  }
  smtp.refusal = undefined
  travel(2 * minute)
  const { raw } = await waitUntil(() => smtp.received[0])
  const { attempts: tries } = await waitUntil(() => findLogLines(latchkey, 'message sent')[0])
  assert.ok(tries > pauses.length)
  const [row] = await outboxRowsTo(latchkey, 'ada@example.org')
  assert.equal(Object.fromEntries(parseMailHeaders(raw))['message-id'], `<${row.id}@acme.example>`)
})

test('pauses are at most an hour, and retries end after three days', async (t) => {
  const { smtp, mail } = await withMail(t)
  smtp.refusal = { to: 'RCPT TO', code: 452, text: '4.2.2 later' }
  const latchkey = await startLatchkey(t, 'SQLite', mail)
  await enqueueNotices(latchkey, 1, { channel: 'email', recipient: 'ada@example.org' })
  for (let tries = 0; tries < 14; tries += 1) {
    const { retryInMs } = await waitUntil(
      () => findLogLines(latchkey, 'message not sent yet')[tries],
    )
    assert.equal(retryInMs, Math.min(2 ** tries * 1000, hour))
    travel(retryInMs)
  }
  travel(72 * hour)
  const failed = await waitUntil(() => findLogLines(latchkey, 'message failed')[0])
  assert.equal(failed.level, 50)
  const attemptCount = smtp.recipients.length
  smtp.refusal = undefined
  travel(72 * hour)
  await waitForLaterMail(latchkey, smtp)
  assert.equal(smtp.recipients.length, attemptCount + 1)
})

test('a permanently refused email is given up at once and logged with a masked address', async (t) => {
  const { smtp, mail } = await withMail(t)
  smtp.refusal = { to: 'RCPT TO', code: 550, text: '5.1.1 no ada@example.org here' }
  const latchkey = await startLatchkey(t, 'SQLite', mail)
  await latchkey.post('/auth/SignUp', { email: 'ada@example.org', password })
  const failed = await waitUntil(() => findLogLines(latchkey, 'message failed')[0])
  assert.deepEqual([failed.level, failed.to, failed.attempts], [50, 'a•••@example.org', 1])
  assert.match(failed.reason, /550/)

  const row = await waitUntil(async () => {
    const [first] = await outboxRowsTo(latchkey, 'ada@example.org')
    return first.failed_at && first
  })
  assert.equal(row.secret_sealed, null)
  smtp.refusal = undefined
  travel(72 * hour)
  await waitForLaterMail(latchkey, smtp)
  assert.deepEqual(smtp.recipients, ['ada@example.org', 'later@example.org'])
})

test('an expired code is not sent', async (t) => {
  const { smtp, mail } = await withMail(t)
  smtp.refusal = { to: 'RCPT TO', code: 452, text: '4.2.2 later' }
  const latchkey = await startLatchkey(t, 'SQLite', mail)
  await latchkey.post('/auth/SignUp', { email: 'ada@example.org', password })
  await waitUntil(() => findLogLines(latchkey, 'message not sent yet')[0])
  smtp.refusal = undefined
  travel(16 * minute)
  await waitUntil(() => findLogLines(latchkey, 'code expired before it could be sent')[0])
  await waitForLaterMail(latchkey, smtp)
  assert.deepEqual(
    smtp.received.map(({ to }) => to[0]),
    ['later@example.org'],
  )
  const [row] = await outboxRowsTo(latchkey, 'ada@example.org')
  assert.equal(row.secret_sealed, null)
})

test('a silent mail server delays no text, and a slow SMS provider delays no email', async (t) => {
  const held: Socket[] = []
  let released = false
  const silent = await startTcpServer(t, (socket) => {
    socket.on('error', () => {})
    if (released) socket.destroy()
    else held.push(socket)
  })
  const receiver = await startSmsReceiver(t)
  const latchkey = await startLatchkey(t, 'SQLite', {
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${silent}`,
    LATCHKEY_MAIL_FROM: 'no-reply@acme.example',
    LATCHKEY_SMS_URL: receiver.url,
  })
  await enqueueNotices(latchkey, 1, { channel: 'email', recipient: 'ada@example.org' })
  await waitUntil(() => held.length > 0)
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient: '+14155550100' })
  await waitUntil(() => findLogLines(latchkey, 'message sent')[0])
  assert.equal(receiver.received.length, 1)
  assert.ok(held.every((socket) => !socket.closed))
  assert.deepEqual(findLogLines(latchkey, 'message not sent yet'), [])
  released = true
  for (const socket of held) socket.destroy()

  const { smtp, mail } = await withMail(t)
  let answer: (status: number) => void = () => {}
  const slow = await startSmsReceiver(t, () => new Promise((resolve) => (answer = resolve)))
  await latchkey.restart({ ...mail, LATCHKEY_SMS_URL: slow.url })
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient: '+14155550101' })
  await waitUntil(() => slow.received.length > 0)
  await waitForLaterMail(latchkey, smtp)
  answer(200)
})

test('production without an SMS provider logs that a text was not sent', async (t) => {
  const { mail } = await withMail(t)
  const latchkey = await startLatchkey(t, 'SQLite', {
    ...mail,
    LATCHKEY_MODE: 'production',
    LATCHKEY_PUBLIC_URL: 'https://accounts.example.com',
    LATCHKEY_MFA_METHODS: 'email',
    LATCHKEY_TRUST_PROXY: 'off',
  })
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient: '+14155550100' })
  const failed = await waitUntil(() => findLogLines(latchkey, 'message failed')[0])
  assert.deepEqual([failed.channel, failed.to], ['sms', '+1•••••••00'])
  assert.equal((await outboxRowsTo(latchkey, '+14155550100'))[0].sent_at, null)
})

/** Sends a later email and waits for it, so that every message due before has been tried. */
async function waitForLaterMail(
  latchkey: Parameters<typeof enqueueNotices>[0],
  smtp: { received: { to: string[] }[] },
): Promise<void> {
  const recipient = 'later@example.org'
  await enqueueNotices(latchkey, 1, { channel: 'email', recipient })
  await waitUntil(() => smtp.received.some(({ to }) => to[0] === recipient))
}
