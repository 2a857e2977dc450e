import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { Undeliverable } from '../../src/messages/gateway.ts'
import {
  encodedPassword,
  failureOf,
  mailPassword,
  message,
  openMail,
  taken,
} from '../support/mail.ts'
import { headersOf, partsOf, selfSigned, startSmtp } from '../support/smtp.ts'

test('an email arrives with both its parts, from and to whom it should', async (t) => {
  const smtp = await startSmtp(t)
  await openMail(t, `smtp://127.0.0.1:${smtp.port}`).send(message)

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

test('a picky receiver finds nothing to complain about', async (t) => {
  const smtp = await startSmtp(t)
  const began = Date.now()
  const sender = '"Grünkohl & Söhne" <no-reply@latchkey.example>'
  await openMail(t, `smtp://127.0.0.1:${smtp.port}`, sender).send(message)

  const { raw } = taken(smtp)
  // Seven bits, whole line ends, no line that has to be cut (RFC 5322 §2.1.1, §2.3; RFC 2045 §6).
  assert.match(raw, /^[\t\r\n\x20-\x7e]*$/)
  assert.doesNotMatch(raw, /[^\r]\n|\r[^\n]/)
  assert.ok(raw.split('\r\n').every((line) => line.length <= 78))

  const headers = headersOf(raw)
  // Each once, those that must be there (§3.6), and none that tells what sent it.
  assert.deepEqual(headers.map(([name]) => name).sort(), [
    'auto-submitted',
    'content-type',
    'date',
    'from',
    'message-id',
    'mime-version',
    'subject',
    'to',
  ])
  const { date = '', from = '', 'mime-version': version } = Object.fromEntries(headers)
  assert.match(date, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} [\d:]{8} \+0000$/)
  assert.ok(Math.abs(Date.parse(date) - began) < 60_000)
  assert.equal(version, '1.0')
  // A word in quotes and an encoded one are two things (RFC 2047 §5).
  assert.match(from, /^=\?UTF-8\?Q\?Gr=C3=BCnkohl_=26_S=C3=B6hne\?= <no-reply@latchkey\.example>$/)
})

test('an email without HTML is plain text', async (t) => {
  const smtp = await startSmtp(t)
  const { html: _, ...plain } = message
  await openMail(t, `smtp://127.0.0.1:${smtp.port}`).send(plain)

  const [text, ...more] = partsOf(taken(smtp).raw)
  assert.equal(more.length, 0)
  assert.match(text?.type ?? '', /^text\/plain/)
})

test('a repeated email can be told by its Message-ID', async (t) => {
  const smtp = await startSmtp(t)
  const gateway = openMail(t, `smtp://127.0.0.1:${smtp.port}`)
  await gateway.send(message)
  await gateway.send(message)

  const ids = smtp.taken.map((mail) => Object.fromEntries(headersOf(mail.raw))['message-id'])
  assert.deepEqual(ids, [`<${message.id}@latchkey.example>`, `<${message.id}@latchkey.example>`])
})

test('emails go over a connection that is kept open', async (t) => {
  const smtp = await startSmtp(t)
  const gateway = openMail(t, `smtp://127.0.0.1:${smtp.port}`)
  await gateway.send(message)
  await gateway.send(message)

  assert.equal(new Set(smtp.taken.map((mail) => mail.connection)).size, 1)
})

// Abuse case (Input and output): A line break in an address or a subject added recipients or
// headers.
test('an address that is a list or breaks a line reaches nobody', async (t) => {
  const smtp = await startSmtp(t)
  const gateway = openMail(t, `smtp://127.0.0.1:${smtp.port}`)
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
  const gateway = openMail(t, `smtp://127.0.0.1:${smtp.port}`)
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
  await openMail(t, `smtp://127.0.0.1:${smtp.port}`, `"${name}" <no-reply@latchkey.example>`).send(
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
  const smtp = await startSmtp(t, { tls: { certificate, at: 'STARTTLS' }, password: mailPassword })
  await openMail(t, `smtp://ada:${encodedPassword}@localhost:${smtp.port}?tls=on`).send(message)

  const mail = taken(smtp)
  assert.equal(mail.secure, true)
  assert.equal(mail.user, 'ada')
})

test('emails go by smtps to a server that is trusted', async (t) => {
  const certificate = await selfSigned(t)
  if (!certificate) return
  trust(t, certificate.cert)
  const smtp = await startSmtp(t, { tls: { certificate, at: 'once' }, password: mailPassword })
  await openMail(t, `smtps://ada:${encodedPassword}@localhost:${smtp.port}`).send(message)

  assert.equal(taken(smtp).secure, true)
})

for (const at of ['once', 'STARTTLS'] as const) {
  const scheme = at === 'once' ? 'smtps' : 'smtp'
  test(`a server with a certificate of its own making gets nothing by ${scheme}`, async (t) => {
    const certificate = await selfSigned(t)
    if (!certificate) return
    const smtp = await startSmtp(t, { tls: { certificate, at }, password: mailPassword })
    const query = at === 'STARTTLS' ? '?tls=on' : ''
    const gateway = openMail(t, `${scheme}://ada:${encodedPassword}@localhost:${smtp.port}${query}`)

    const error = await failureOf(gateway.send(message))
    assert.ok(!(error instanceof Undeliverable))
    assert.deepEqual([smtp.passwords, smtp.named], [[], []])
  })
}

test('a server across a network that offers no TLS gets neither password nor email', async (t) => {
  const smtp = await startSmtp(t, { password: mailPassword })
  // It leads here, but is not written as an address of this machine.
  const gateway = openMail(t, `smtp://ada:${encodedPassword}@[::ffff:127.0.0.1]:${smtp.port}`)

  const error = await failureOf(gateway.send(message))
  assert.ok(!(error instanceof Undeliverable))
  assert.match(error.message, /TLS/)
  assert.deepEqual([smtp.passwords, smtp.named], [[], []])
})

test('TLS can be done without across a network, if one says so', async (t) => {
  const smtp = await startSmtp(t)
  await openMail(t, `smtp://[::ffff:127.0.0.1]:${smtp.port}?tls=off`).send(message)
  assert.equal(taken(smtp).secure, false)
})

test('a mail trap on this machine works without TLS', async (t) => {
  const plain = await startSmtp(t, { password: mailPassword })
  await openMail(t, `smtp://ada:${encodedPassword}@localhost:${plain.port}`).send(message)
  assert.equal(taken(plain).user, 'ada')
})

test('a mail trap on this machine works with a certificate that nobody knows', async (t) => {
  const certificate = await selfSigned(t)
  if (!certificate) return
  const offering = await startSmtp(t, { tls: { certificate, at: 'STARTTLS' } })
  await openMail(t, `smtp://127.0.0.1:${offering.port}`).send(message)
  assert.equal(taken(offering).secure, false)
})

test('refused credentials are worth another try', async (t) => {
  const smtp = await startSmtp(t, { password: 'another' })
  const gateway = openMail(t, `smtp://postmaster:${encodedPassword}@127.0.0.1:${smtp.port}`)

  const error = await failureOf(gateway.send(message))
  assert.ok(!(error instanceof Undeliverable))
  assert.match(error.message, /credentials \(535 5\.7\.8 /)
  assert.deepEqual(smtp.passwords, [mailPassword])
})

/** As an operator would with NODE_EXTRA_CA_CERTS, for one test. */
function trust(t: TestContext, cert: string): void {
  const before = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...before, cert])
  t.after(() => tls.setDefaultCACertificates(before))
}
