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

const forGood: SmtpRefusal[] = [
  { to: 'RCPT TO', code: 550, text: '5.1.1 <ada@example.org>: no such user' },
  { to: 'RCPT TO', code: 553, text: 'ada@example.org is not allowed' },
  { to: 'DATA', code: 554, text: '5.7.1 Your code is 493817 is spam' },
]
const forNow: SmtpRefusal[] = [
  { to: 'MAIL FROM', code: 451, text: '4.3.0 ada@example.org later' },
  { to: 'MAIL FROM', code: 550, text: '5.7.1 no-reply may not send to ada@example.org' },
  { to: 'RCPT TO', code: 452, text: '4.2.2 <ada@example.org> is full' },
  { to: 'RCPT TO', code: 530, text: '5.7.0 ada@example.org needs credentials' },
  { to: 'DATA', code: 451, text: 'Your code is 493817 came too early' },
]
for (const [refusals, undeliverable] of [
  [forGood, true],
  [forNow, false],
] as const) {
  for (const refusal of refusals) {
    const outcome = undeliverable ? 'is not tried again' : 'is worth another try'
    test(`an email refused with ${refusal.code} to ${refusal.to} ${outcome}`, async (t) => {
      const smtp = await startSmtpServer(t)
      const gateway = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
      smtp.refusal = refusal

      const error = await deliveryErrorOf(gateway.send(sampleEmail))
      assert.equal(error instanceof PermanentDeliveryError, undeliverable, error.message)
      assert.match(error.message, new RegExp(`${refusal.code}`))

      // The next email still gets through.
      smtp.refusal = undefined
      await gateway.send(sampleEmail)
      onlyReceivedMail(smtp)
    })
  }
}

test('a mail server that is down is worth another try', async (t) => {
  const smtp = await startSmtpServer(t)
  const gateway = openSmtpTransport(t, `smtp://127.0.0.1:${await findFreePort()}`)
  const error = await deliveryErrorOf(gateway.send(sampleEmail))
  assert.ok(!(error instanceof PermanentDeliveryError))
  assert.match(error.message, /ECONNREFUSED/)
  assert.equal(smtp.received.length, 0)
})

/** Until it has the whole of a message, a server can do no harm but cost time. */
const beforeTheMessage: { [kind: string]: SmtpReplies } = {
  'says nothing': { greeting: neverReply },
  'stops after its greeting': { EHLO: neverReply },
  'stops when it is told who writes': { MAIL: neverReply },
  'stops when it is told to whom': { RCPT: neverReply },
  'stops when it should take the message': { DATA: neverReply },
  'hangs up at once': { greeting: closeConnection },
  'hangs up when it should take the message': { DATA: closeConnection },
  'promises TLS and then says nothing': { EHLO: '250-here\r\n250 STARTTLS', STARTTLS: neverReply },
  'says go ahead for TLS and then nothing': { EHLO: '250-here\r\n250 STARTTLS' },
  'says rubbish instead of TLS': {
    EHLO: '250-here\r\n250 STARTTLS',
    STARTTLS: '220 go\r\nHTTP/1.1 400 Bad Request',
  },
  'asks for a password and then says nothing': {
    EHLO: '250-here\r\n250 AUTH PLAIN',
    AUTH: neverReply,
  },
  'is a web server': { greeting: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n' },
  'speaks in no tongue': { greeting: '\u0000\u0016\u0003\u0001 220' },
  'answers with no number': { MAIL: 'ok' },
  'answers with a number that there is not': { RCPT: '999 ok' },
  'never ends a line': { EHLO: (socket) => trickle(socket, 'and so on ') },
  'never comes to an end': { EHLO: (socket) => trickle(socket, '250-and\r\n') },
}
describe('before it has a message', { concurrency: true }, () => {
  for (const [kind, answers] of Object.entries(beforeTheMessage)) {
    test(`a mail server that ${kind} is given up on in time`, { timeout: 10_000 }, async (t) => {
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

test('a server for TLS that only listens is given up on in time', {
  timeout: 10_000,
}, async (t) => {
  const smtp = await startScriptedSmtp(t, { greeting: neverReply })
  const error = await deliveryErrorOf(
    openSmtpTransport(t, smtp.url.replace('smtp:', 'smtps:')).send(sampleEmail),
  )
  assert.ok(!(error instanceof PermanentDeliveryError))
})

/** With the whole message in hand, a server that says nothing may have taken it. */
const afterTheMessage: { [kind: string]: SmtpReplies } = {
  'says nothing': { '.': neverReply },
  'hangs up': { '.': closeConnection },
  'says half a word': { '.': (socket) => void socket.end('250-ta') },
  'says rubbish': { '.': '\u0000\u0001' },
}
for (const [kind, answers] of Object.entries(afterTheMessage)) {
  test(`a server that has all of a mail and ${kind} gets it once a try`, {
    timeout: 10_000,
  }, async (t) => {
    const smtp = await startScriptedSmtp(t, answers)
    const gateway = openSmtpTransport(t, smtp.url)
    const error = await deliveryErrorOf(gateway.send(sampleEmail))
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.equal(smtp.messages.length, 1)

    // Whoever has the first one knows the second by its name.
    delete answers['.']
    await gateway.send(sampleEmail)
    const ids = smtp.messages.map((raw) => Object.fromEntries(parseMailHeaders(raw))['message-id'])
    assert.deepEqual(ids, [ids[0], ids[0]])
  })
}

test('a server that looks at a mail for longer than at anything else is waited for', async (t) => {
  const smtp = await startScriptedSmtp(t, {
    // Longer than it may take for all that comes before.
    '.': (socket) => void setTimeout(() => socket.write('250 taken\r\n'), 1300),
  })
  const gateway = createSmtpTransport({
    smtpUrl: smtp.url,
    from: 'no-reply@latchkey.example',
    timeoutMs: 500,
    replyTimeoutMs: 10_000,
  })
  t.after(() => gateway.close())
  await gateway.send(sampleEmail)
  assert.equal(smtp.messages.length, 1)
})

test('a server that hangs up right after its yes has taken the mail', async (t) => {
  const smtp = await startScriptedSmtp(t, { '.': (socket) => void socket.end('250 taken\r\n') })
  const gateway = openSmtpTransport(t, smtp.url)
  await gateway.send(sampleEmail)
  await gateway.send({ ...sampleEmail, id: '0198c0de-0000-7000-8000-000000000002' })
  assert.equal(smtp.messages.length, 2)
})

test('a mail is sent until a server says yes, and never again', async (t) => {
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
  const tries = smtp.messages.length

  travel(4 * 86_400_000)
  await enqueueNotices(latchkey, 1, { channel: 'email', recipient: 'later@example.org' })
  await waitUntil(() => smtp.messages.some((raw) => raw.includes('later@example.org')))
  assert.equal(smtp.messages.length, tries + 1)
})

function trickle(socket: Socket, words: string): void {
  const timer = setInterval(() => socket.write(words), 50)
  socket.on('close', () => clearInterval(timer))
}
