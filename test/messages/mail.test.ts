import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { type Outgoing, Undeliverable } from '../../src/messages/gateway.ts'
import { mailFromProblem, mailGateway, smtpUrlProblem } from '../../src/messages/mail.ts'
import {
  headersOf,
  partsOf,
  type Refusal,
  type Smtp,
  selfSigned,
  startSmtp,
} from '../support/smtp.ts'

const password = 'p@ss/w#rd%'
const encodedPassword = encodeURIComponent(password)

const message: Outgoing = {
  id: '0198c0de-0000-7000-8000-000000000001',
  to: 'ada@example.org',
  subject: 'Your code for Grünkohl & Söhne',
  text: 'Your code is 493817.\n.\nIt works for ten minutes – once.\n',
  html: '<p>Your code is <b>493817</b>. It works for ten minutes – once.</p>',
}

function open(t: TestContext, smtpUrl: string, from = 'Latchkey <no-reply@latchkey.example>') {
  const gateway = mailGateway({ smtpUrl, from, waitMs: 500 })
  t.after(() => gateway.close())
  return gateway
}

/** What sending fails with. It is always an error that may be logged, whatever the server said. */
async function failureOf(sending: Promise<void>): Promise<Error> {
  const error = await sending.then(
    () => assert.fail('The message was taken.'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  const logged = JSON.stringify({ ...error, text: String(error.stack), cause: String(error.cause) })
  for (const secret of ['ada@', 'example.org', '493817', password, 'postmaster', encodedPassword]) {
    assert.ok(!logged.includes(secret), `${secret} stands in: ${logged}`)
  }
  return error
}

function taken(smtp: Smtp) {
  const [mail, ...more] = smtp.taken
  assert.ok(mail)
  assert.equal(more.length, 0)
  return mail
}

test('an email arrives with both its parts, from and to whom it should', async (t) => {
  const smtp = await startSmtp(t)
  await open(t, `smtp://127.0.0.1:${smtp.port}`).send(message)

  const mail = taken(smtp)
  assert.equal(mail.from, 'no-reply@latchkey.example')
  assert.deepEqual(mail.to, ['ada@example.org'])

  const headers = Object.fromEntries(headersOf(mail.raw))
  assert.equal(headers.from, 'Latchkey <no-reply@latchkey.example>')
  assert.equal(headers.to, 'ada@example.org')
  assert.equal(headers['auto-submitted'], 'auto-generated')
  assert.match(headers.subject ?? '', /^=\?UTF-8\?/)
  assert.match(headers['content-type'] ?? '', /^multipart\/alternative/)

  const [text, html, ...more] = partsOf(mail.raw)
  assert.equal(more.length, 0)
  assert.match(text?.type ?? '', /^text\/plain; charset=utf-8/)
  assert.equal(text?.content.trimEnd(), message.text.trimEnd())
  assert.match(html?.type ?? '', /^text\/html; charset=utf-8/)
  assert.equal(html?.content.trimEnd(), message.html)
})

test('an email without HTML is plain text', async (t) => {
  const smtp = await startSmtp(t)
  const { html: _, ...plain } = message
  await open(t, `smtp://127.0.0.1:${smtp.port}`).send(plain)

  const [text, ...more] = partsOf(taken(smtp).raw)
  assert.equal(more.length, 0)
  assert.match(text?.type ?? '', /^text\/plain/)
})

test('a repeated email can be told by its Message-ID', async (t) => {
  const smtp = await startSmtp(t)
  const gateway = open(t, `smtp://127.0.0.1:${smtp.port}`)
  await gateway.send(message)
  await gateway.send(message)

  const ids = smtp.taken.map((mail) => Object.fromEntries(headersOf(mail.raw))['message-id'])
  assert.deepEqual(ids, [`<${message.id}@latchkey.example>`, `<${message.id}@latchkey.example>`])
})

test('emails go over a connection that is kept open', async (t) => {
  const smtp = await startSmtp(t)
  const gateway = open(t, `smtp://127.0.0.1:${smtp.port}`)
  await gateway.send(message)
  await gateway.send(message)

  assert.equal(new Set(smtp.taken.map((mail) => mail.connection)).size, 1)
})

// Abuse case (Input and output): A line break in an address or a subject added recipients or
// headers.
test('an address that is a list or breaks a line reaches nobody', async (t) => {
  const smtp = await startSmtp(t)
  const gateway = open(t, `smtp://127.0.0.1:${smtp.port}`)
  const addresses = [
    'ada@example.org, evil@example.net',
    'ada@example.org;evil@example.net',
    'ada@example.org evil@example.net',
    'evil@example.net <ada@example.org>',
    '<ada@example.org>',
    'ada@example.org>\r\nRCPT TO:<evil@example.net',
    'ada@example.org\r\nBcc: evil@example.net',
    'ada@example.org\n',
    '"ada@example.org, evil"@example.net',
    'friends: ada@example.org, evil@example.net;',
    '',
  ]
  for (const to of addresses) {
    const error = await failureOf(gateway.send({ ...message, to }))
    assert.ok(error instanceof Undeliverable, JSON.stringify(to))
  }
  assert.deepEqual(smtp.named, [])
})

// Abuse case (Input and output): A line break in an address or a subject added recipients or
// headers.
test('a subject that breaks a line adds no header', async (t) => {
  const smtp = await startSmtp(t)
  const gateway = open(t, `smtp://127.0.0.1:${smtp.port}`)
  const subject = 'New device: Ada\r\nBcc: evil@example.net\nX-Evil: 1\r\n\r\nEvil text'
  await gateway.send({ ...message, subject })

  const mail = taken(smtp)
  assert.deepEqual(mail.to, ['ada@example.org'])
  const names = headersOf(mail.raw).map(([name]) => name)
  assert.ok(!names.includes('bcc') && !names.includes('x-evil'), names.join())
  assert.ok(!partsOf(mail.raw).some((part) => part.content.includes('Evil text')))
})

test('a sender’s name stays a name', async (t) => {
  const smtp = await startSmtp(t)
  const name = 'Grünkohl, Söhne @ Co'
  await open(t, `smtp://127.0.0.1:${smtp.port}`, `"${name}" <no-reply@latchkey.example>`).send(
    message,
  )

  const mail = taken(smtp)
  assert.equal(mail.from, 'no-reply@latchkey.example')
  const { from } = Object.fromEntries(headersOf(mail.raw))
  assert.match(from ?? '', /^=\?UTF-8\?\S+\?= <no-reply@latchkey\.example>$/)
})

test('emails go by STARTTLS and with credentials to a server that is trusted', async (t) => {
  const certificate = await selfSigned(t)
  if (!certificate) return
  trust(t, certificate.cert)
  const smtp = await startSmtp(t, { tls: { certificate, at: 'STARTTLS' }, password })
  await open(t, `smtp://ada:${encodedPassword}@localhost:${smtp.port}?tls=on`).send(message)

  const mail = taken(smtp)
  assert.equal(mail.secure, true)
  assert.equal(mail.user, 'ada')
})

test('emails go by smtps to a server that is trusted', async (t) => {
  const certificate = await selfSigned(t)
  if (!certificate) return
  trust(t, certificate.cert)
  const smtp = await startSmtp(t, { tls: { certificate, at: 'once' }, password })
  await open(t, `smtps://ada:${encodedPassword}@localhost:${smtp.port}`).send(message)

  assert.equal(taken(smtp).secure, true)
})

for (const at of ['once', 'STARTTLS'] as const) {
  const scheme = at === 'once' ? 'smtps' : 'smtp'
  test(`a server with a certificate of its own making gets nothing by ${scheme}`, async (t) => {
    const certificate = await selfSigned(t)
    if (!certificate) return
    const smtp = await startSmtp(t, { tls: { certificate, at }, password })
    const query = at === 'STARTTLS' ? '?tls=on' : ''
    const gateway = open(t, `${scheme}://ada:${encodedPassword}@localhost:${smtp.port}${query}`)

    const error = await failureOf(gateway.send(message))
    assert.ok(!(error instanceof Undeliverable))
    assert.deepEqual([smtp.passwords, smtp.named], [[], []])
  })
}

test('a server across a network that offers no TLS gets neither password nor email', async (t) => {
  const smtp = await startSmtp(t, { password })
  // It leads here, but is not written as an address of this machine.
  const gateway = open(t, `smtp://ada:${encodedPassword}@[::ffff:127.0.0.1]:${smtp.port}`)

  const error = await failureOf(gateway.send(message))
  assert.ok(!(error instanceof Undeliverable))
  assert.match(error.message, /TLS/)
  assert.deepEqual([smtp.passwords, smtp.named], [[], []])
})

test('TLS can be done without across a network, if one says so', async (t) => {
  const smtp = await startSmtp(t)
  await open(t, `smtp://[::ffff:127.0.0.1]:${smtp.port}?tls=off`).send(message)
  assert.equal(taken(smtp).secure, false)
})

test('a mail trap on this machine works without TLS', async (t) => {
  const plain = await startSmtp(t, { password })
  await open(t, `smtp://ada:${encodedPassword}@localhost:${plain.port}`).send(message)
  assert.equal(taken(plain).user, 'ada')
})

test('a mail trap on this machine works with a certificate that nobody knows', async (t) => {
  const certificate = await selfSigned(t)
  if (!certificate) return
  const offering = await startSmtp(t, { tls: { certificate, at: 'STARTTLS' } })
  await open(t, `smtp://127.0.0.1:${offering.port}`).send(message)
  assert.equal(taken(offering).secure, false)
})

test('refused credentials are worth another try', async (t) => {
  const smtp = await startSmtp(t, { password: 'another' })
  const gateway = open(t, `smtp://postmaster:${encodedPassword}@127.0.0.1:${smtp.port}`)

  const error = await failureOf(gateway.send(message))
  assert.ok(!(error instanceof Undeliverable))
  assert.match(error.message, /credentials \(535 5\.7\.8 /)
  assert.deepEqual(smtp.passwords, [password])
})

const forGood: Refusal[] = [
  { to: 'RCPT TO', code: 550, text: '5.1.1 <ada@example.org>: no such user' },
  { to: 'RCPT TO', code: 553, text: 'ada@example.org is not allowed' },
  { to: 'DATA', code: 554, text: '5.7.1 Your code is 493817 is spam' },
]
const forNow: Refusal[] = [
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
      const smtp = await startSmtp(t)
      const gateway = open(t, `smtp://127.0.0.1:${smtp.port}`)
      smtp.refusal = refusal

      const error = await failureOf(gateway.send(message))
      assert.equal(error instanceof Undeliverable, undeliverable, error.message)
      assert.match(error.message, new RegExp(`${refusal.code}`))

      // The next email still gets through.
      smtp.refusal = undefined
      await gateway.send(message)
      taken(smtp)
    })
  }
}

test('a mail server that is down is worth another try', async (t) => {
  const smtp = await startSmtp(t)
  const gateway = open(t, `smtp://127.0.0.1:${await freePort()}`)
  const error = await failureOf(gateway.send(message))
  assert.ok(!(error instanceof Undeliverable))
  assert.match(error.message, /ECONNREFUSED/)
  assert.equal(smtp.taken.length, 0)
})

const stubborn: { [kind: string]: (socket: net.Socket) => void } = {
  'says nothing': () => {},
  'stops after its greeting': (socket) => socket.write('220 here\r\n'),
  'never comes to an end': (socket) => {
    socket.write('220 here\r\n')
    const trickle = setInterval(() => socket.write('250-and\r\n'), 50)
    socket.on('close', () => clearInterval(trickle))
  },
  'hangs up at once': (socket) => socket.end(),
}
for (const [kind, answer] of Object.entries(stubborn)) {
  test(`a mail server that ${kind} is given up on in time`, { timeout: 5000 }, async (t) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      answer(socket)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())

    const began = performance.now()
    const gateway = open(t, `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const error = await failureOf(gateway.send(message))
    assert.ok(!(error instanceof Undeliverable))
    // Only whoever keeps talking gets twice as long.
    assert.ok(performance.now() - began < (kind === 'never comes to an end' ? 2000 : 950))
  })
}

test('a mail URL that can’t be used is refused in a sentence that doesn’t repeat it', () => {
  const bad = [
    '',
    'mail.example.org',
    'smtp:mail.example.org',
    'http://mail.example.org',
    'smtp://',
    'smtp://mail_host',
    'smtp://mail.example.org:99999',
    'smtp://mail.example.org:465',
    'smtp://ada:s3cret@mail.example.org/inbox',
    'smtp://ada:s3cret#1@mail.example.org',
    'smtp://ada:s3cret%zz@mail.example.org',
    'smtp://ada@mail.example.org',
    'smtp://:s3cret@mail.example.org',
    'smtp://ada:s3cret@mail.example.org?tls=maybe',
    'smtp://ada:s3cret@mail.example.org?tls.rejectUnauthorized=false',
    'smtps://ada:s3cret@mail.example.org?tls=off',
  ]
  for (const url of bad) {
    const problem = smtpUrlProblem(url) ?? ''
    assert.match(problem, /^LATCHKEY_SMTP_URL .+\.$/, url)
    assert.ok(!problem.includes('s3cret') && !problem.includes('ada'), problem)
    assert.throws(() => mailGateway({ smtpUrl: url, from: 'a@example.org' }), { message: problem })
  }
  const good = [
    'smtp://mail.example.org',
    'smtp://ada:s3cret@mail.example.org:587/',
    'smtps://ada%40example.org:s3cret@mail.example.org',
    'smtp://mailpit:1025?tls=off',
    'smtp://[::1]:1025',
  ]
  for (const url of good) assert.equal(smtpUrlProblem(url), undefined, url)
})

test('a sender that is not one address is refused in a sentence', () => {
  const bad = [
    '',
    'Latchkey',
    'a@example.org, b@example.org',
    'Latchkey <a@example.org>, b@example.org',
    'Latchkey <a@example.org> <b@example.org>',
    'Latchkey <a@example.org',
    'Latch\r\nBcc: b@example.org <a@example.org>',
    'a@example.org\r\nBcc: b@example.org',
    'Latchkey <a@b@example.org>',
  ]
  for (const from of bad) {
    assert.match(mailFromProblem(from) ?? '', /^LATCHKEY_MAIL_FROM .+\.$/, JSON.stringify(from))
    assert.throws(() => mailGateway({ smtpUrl: 'smtp://localhost', from }), {
      message: mailFromProblem(from) ?? '',
    })
  }
  for (const from of [
    'no-reply@example.org',
    'latchkey@localhost',
    'Latchkey <no-reply@example.org>',
    'Grünkohl & Söhne <no-reply@example.org>',
    '"Ada, Inc." <no-reply@example.org>',
  ]) {
    assert.equal(mailFromProblem(from), undefined, from)
  }
})

/** As an operator would with NODE_EXTRA_CA_CERTS, for one test. */
function trust(t: TestContext, cert: string): void {
  const before = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...before, cert])
  t.after(() => tls.setDefaultCACertificates(before))
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}
