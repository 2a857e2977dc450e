import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { createSmtpTransport } from '../../src/notifications/smtp.ts'
import { PermanentDeliveryError } from '../../src/notifications/transport.ts'
import { travel } from '../support/clock.ts'
import { enqueueNotices, findLogLines, startLatchkey } from '../support/outbox.ts'
import { waitUntil } from '../support/process.ts'
import {
  closeConnection,
  neverReply,
  type SmtpReplies,
  startScriptedSmtp,
} from '../support/scripted-smtp.ts'
import { parseMailHeaders, type SmtpRefusal, startSmtpServer } from '../support/smtp-server.ts'
import {
  deliveryErrorOf,
  encodedPassword,
  onlyReceivedMail,
  openSmtpTransport,
  sampleEmail,
} from '../support/smtp-transport.ts'
import { findFreePort } from '../support/tcp.ts'

const permanentRefusals: SmtpRefusal[] = [
  { to: 'RCPT TO', code: 550, text: '5.1.1 <ada@example.org>: no such user' },
  { to: 'RCPT TO', code: 553, text: 'ada@example.org is not allowed' },
  { to: 'DATA', code: 554, text: '5.7.1 Your code is 493817 is spam' },
]
const retryableRefusals: SmtpRefusal[] = [
  { to: 'MAIL FROM', code: 451, text: '4.3.0 ada@example.org later' },
  { to: 'MAIL FROM', code: 550, text: '5.7.1 no-reply may not send to ada@example.org' },
  { to: 'RCPT TO', code: 452, text: '4.2.2 <ada@example.org> is full' },
  { to: 'RCPT TO', code: 530, text: '5.7.0 ada@example.org needs credentials' },
  { to: 'DATA', code: 451, text: 'Your code is 493817 came too early' },
]
for (const [refusals, permanent] of [
  [permanentRefusals, true],
  [retryableRefusals, false],
] as const) {
  for (const refusal of refusals) {
    const outcome = permanent ? 'is a permanent error' : 'is a retryable error'
    test(`a reply of ${refusal.code} to ${refusal.to} ${outcome}`, async (t) => {
      const smtp = await startSmtpServer(t)
      const transport = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
      smtp.refusal = refusal

      const error = await deliveryErrorOf(transport.send(sampleEmail))
      assert.equal(error instanceof PermanentDeliveryError, permanent, error.message)
      assert.match(error.message, new RegExp(`${refusal.code}`))

      // The next email still gets through.
      smtp.refusal = undefined
      await transport.send(sampleEmail)
      onlyReceivedMail(smtp)
    })
  }
}

test('an unreachable mail server is a retryable error', async (t) => {
  const smtp = await startSmtpServer(t)
  const transport = openSmtpTransport(t, `smtp://127.0.0.1:${await findFreePort()}`)
  const error = await deliveryErrorOf(transport.send(sampleEmail))
  assert.ok(!(error instanceof PermanentDeliveryError))
  assert.match(error.message, /ECONNREFUSED/)
  assert.equal(smtp.received.length, 0)
})

/** Before a server has the whole message, a fault only costs time. */
const beforeTheMessage: { [kind: string]: SmtpReplies } = {
  'is silent': { greeting: neverReply },
  'stops after its greeting': { EHLO: neverReply },
  'stops at MAIL FROM': { MAIL: neverReply },
  'stops at RCPT TO': { RCPT: neverReply },
  'stops at DATA': { DATA: neverReply },
  'disconnects at once': { greeting: closeConnection },
  'disconnects at DATA': { DATA: closeConnection },
  'offers STARTTLS and then is silent': { EHLO: '250-here\r\n250 STARTTLS', STARTTLS: neverReply },
  'accepts STARTTLS and then is silent': { EHLO: '250-here\r\n250 STARTTLS' },
  'sends garbage instead of TLS': {
    EHLO: '250-here\r\n250 STARTTLS',
    STARTTLS: '220 go\r\nHTTP/1.1 400 Bad Request',
  },
  'requires a password and then is silent': {
    EHLO: '250-here\r\n250 AUTH PLAIN',
    AUTH: neverReply,
  },
  'is a web server': { greeting: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n' },
  'greets with garbage': { greeting: '\u0000\u0016\u0003\u0001 220' },
  'replies without a code': { MAIL: 'ok' },
  'replies with an invalid code': { RCPT: '999 ok' },
  'never ends a line': { EHLO: (socket) => trickle(socket, 'and so on ') },
  'never ends a reply': { EHLO: (socket) => trickle(socket, '250-and\r\n') },
}
describe('before the message', { concurrency: true }, () => {
  for (const [kind, answers] of Object.entries(beforeTheMessage)) {
    test(`sending to a mail server that ${kind} fails in time`, { timeout: 10_000 }, async (t) => {
      const smtp = await startScriptedSmtp(t, answers)
      const url = answers.AUTH
        ? smtp.url.replace('//', `//ada:${encodedPassword}@`)
        : `${smtp.url}${answers.EHLO?.toString().includes('STARTTLS') ? '?tls=on' : ''}`
      const error = await deliveryErrorOf(openSmtpTransport(t, url).send(sampleEmail))
      assert.ok(!(error instanceof PermanentDeliveryError))
      assert.match(error.message, /^(The email was not sent|The mail server did not accept)/)
      assert.deepEqual(smtp.messages, [])
    })
  }
})

test('a silent smtps server times out', {
  timeout: 10_000,
}, async (t) => {
  const smtp = await startScriptedSmtp(t, { greeting: neverReply })
  const error = await deliveryErrorOf(
    openSmtpTransport(t, smtp.url.replace('smtp:', 'smtps:')).send(sampleEmail),
  )
  assert.ok(!(error instanceof PermanentDeliveryError))
})

/** A server that has the whole message but fails to reply may have accepted it. */
const afterTheMessage: { [kind: string]: SmtpReplies } = {
  'is silent': { '.': neverReply },
  disconnects: { '.': closeConnection },
  'sends half a reply': { '.': (socket) => void socket.end('250-ta') },
  'sends garbage': { '.': '\u0000\u0001' },
}
for (const [kind, answers] of Object.entries(afterTheMessage)) {
  test(`a server that has the whole email and ${kind} receives it once per attempt`, {
    timeout: 10_000,
  }, async (t) => {
    const smtp = await startScriptedSmtp(t, answers)
    const transport = openSmtpTransport(t, smtp.url)
    const error = await deliveryErrorOf(transport.send(sampleEmail))
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.equal(smtp.messages.length, 1)

    // The receiver can recognize the second by its Message-ID.
    delete answers['.']
    await transport.send(sampleEmail)
    const ids = smtp.messages.map((raw) => Object.fromEntries(parseMailHeaders(raw))['message-id'])
    assert.deepEqual(ids, [ids[0], ids[0]])
  })
}

test('a server may take longer to accept an email than to answer any other command', async (t) => {
  const smtp = await startScriptedSmtp(t, {
    // Longer than the time-out for earlier commands.
    '.': (socket) => void setTimeout(() => socket.write('250 taken\r\n'), 1300),
  })
  const transport = createSmtpTransport({
    smtpUrl: smtp.url,
    from: 'no-reply@latchkey.example',
    timeoutMs: 500,
    replyTimeoutMs: 10_000,
  })
  t.after(() => transport.close())
  await transport.send(sampleEmail)
  assert.equal(smtp.messages.length, 1)
})

test('a server that disconnects right after accepting an email has received it', async (t) => {
  const smtp = await startScriptedSmtp(t, { '.': (socket) => void socket.end('250 taken\r\n') })
  const transport = openSmtpTransport(t, smtp.url)
  await transport.send(sampleEmail)
  await transport.send({ ...sampleEmail, id: '0198c0de-0000-7000-8000-000000000002' })
  assert.equal(smtp.messages.length, 2)
})

test('an email is sent until a server accepts it, and never again', async (t) => {
  const smtp = await startScriptedSmtp(t, { '.': closeConnection })
  const latchkey = await startLatchkey(t, 'SQLite', {
    LATCHKEY_SMTP_URL: smtp.url,
    LATCHKEY_MAIL_FROM: 'no-reply@acme.example',
  })
  await enqueueNotices(latchkey, 1, { channel: 'email', recipient: 'ada@example.org' })
  const { reason } = await waitUntil(() => findLogLines(latchkey, 'message not sent yet')[0])
  assert.match(reason, /^The email may have been sent: /)
  smtp.replies['.'] = (socket) => void socket.end('250 taken\r\n')
  await waitUntil(() => findLogLines(latchkey, 'message sent')[0])
  const attemptCount = smtp.messages.length

  travel(4 * 86_400_000)
  await enqueueNotices(latchkey, 1, { channel: 'email', recipient: 'later@example.org' })
  await waitUntil(() => smtp.messages.some((raw) => raw.includes('later@example.org')))
  assert.equal(smtp.messages.length, attemptCount + 1)
})

function trickle(socket: Socket, words: string): void {
  const timer = setInterval(() => socket.write(words), 50)
  socket.on('close', () => clearInterval(timer))
}
