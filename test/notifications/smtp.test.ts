import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import tls from 'node:tls'
import { PermanentDeliveryError } from '../../src/notifications/transport.ts'
import {
  createSelfSignedCertificate,
  parseMailHeaders,
  parseMailParts,
  startSmtpServer,
} from '../support/smtp-server.ts'
import {
  deliveryErrorOf,
  encodedPassword,
  onlyReceivedMail,
  openSmtpTransport,
  sampleEmail,
  smtpPassword,
} from '../support/smtp-transport.ts'

test('an email arrives with both its parts, from and to whom it should', async (t) => {
  const smtp = await startSmtpServer(t)
  await openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`).send(sampleEmail)

  const mail = onlyReceivedMail(smtp)
  assert.equal(mail.from, 'no-reply@latchkey.example')
  assert.deepEqual(mail.to, ['ada@example.org'])

  const headers = Object.fromEntries(parseMailHeaders(mail.raw))
  assert.equal(headers.from, 'Latchkey <no-reply@latchkey.example>')
  assert.equal(headers.to, 'ada@example.org')
  assert.equal(headers['auto-submitted'], 'auto-generated')
  assert.match(headers.subject ?? '', /^=\?UTF-8\?/)
  assert.match(headers['content-type'] ?? '', /^multipart\/alternative/)

  const [text, html, ...more] = parseMailParts(mail.raw)
  assert.equal(more.length, 0)
  assert.match(text?.type ?? '', /^text\/plain; charset=utf-8/)
  assert.equal(text?.content.trimEnd(), sampleEmail.text.trimEnd())
  assert.match(html?.type ?? '', /^text\/html; charset=utf-8/)
  assert.equal(html?.content.trimEnd(), sampleEmail.html)
})

test('a picky receiver finds nothing to complain about', async (t) => {
  const smtp = await startSmtpServer(t)
  const began = Date.now()
  const sender = '"Grünkohl & Söhne" <no-reply@latchkey.example>'
  await openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`, sender).send(sampleEmail)

  const { raw } = onlyReceivedMail(smtp)
  // Seven bits, whole line ends, no line that has to be cut (RFC 5322 §2.1.1, §2.3; RFC 2045 §6).
  assert.match(raw, /^[\t\r\n\x20-\x7e]*$/)
  assert.doesNotMatch(raw, /[^\r]\n|\r[^\n]/)
  assert.ok(raw.split('\r\n').every((line) => line.length <= 78))

  const headers = parseMailHeaders(raw)
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
  const smtp = await startSmtpServer(t)
  const { html: _, ...plain } = sampleEmail
  await openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`).send(plain)

  const [text, ...more] = parseMailParts(onlyReceivedMail(smtp).raw)
  assert.equal(more.length, 0)
  assert.match(text?.type ?? '', /^text\/plain/)
})

test('a repeated email can be told by its Message-ID', async (t) => {
  const smtp = await startSmtpServer(t)
  const gateway = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
  await gateway.send(sampleEmail)
  await gateway.send(sampleEmail)

  const ids = smtp.received.map(
    (mail) => Object.fromEntries(parseMailHeaders(mail.raw))['message-id'],
  )
  assert.deepEqual(ids, [
    `<${sampleEmail.id}@latchkey.example>`,
    `<${sampleEmail.id}@latchkey.example>`,
  ])
})

test('emails go over a connection that is kept open', async (t) => {
  const smtp = await startSmtpServer(t)
  const gateway = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
  await gateway.send(sampleEmail)
  await gateway.send(sampleEmail)

  assert.equal(new Set(smtp.received.map((mail) => mail.connection)).size, 1)
})

// Abuse case (Input and output): A line break in an address or a subject added recipients or
// headers.
test('an address that is a list or breaks a line reaches nobody', async (t) => {
  const smtp = await startSmtpServer(t)
  const gateway = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
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
    const error = await deliveryErrorOf(gateway.send({ ...sampleEmail, to }))
    assert.ok(error instanceof PermanentDeliveryError, JSON.stringify(to))
  }
  assert.deepEqual(smtp.recipients, [])
})

// Abuse case (Input and output): A line break in an address or a subject added recipients or
// headers.
test('a subject that breaks a line adds no header', async (t) => {
  const smtp = await startSmtpServer(t)
  const gateway = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
  const subject = 'New device: Ada\r\nBcc: evil@example.net\nX-Evil: 1\r\n\r\nEvil text'
  await gateway.send({ ...sampleEmail, subject })

  const mail = onlyReceivedMail(smtp)
  assert.deepEqual(mail.to, ['ada@example.org'])
  const names = parseMailHeaders(mail.raw).map(([name]) => name)
  assert.ok(!names.includes('bcc') && !names.includes('x-evil'), names.join())
  assert.ok(!parseMailParts(mail.raw).some((part) => part.content.includes('Evil text')))
})

test('a sender’s name stays a name', async (t) => {
  const smtp = await startSmtpServer(t)
  const name = 'Grünkohl, Söhne @ Co'
  await openSmtpTransport(
    t,
    `smtp://127.0.0.1:${smtp.port}`,
    `"${name}" <no-reply@latchkey.example>`,
  ).send(sampleEmail)

  const mail = onlyReceivedMail(smtp)
  assert.equal(mail.from, 'no-reply@latchkey.example')
  const { from } = Object.fromEntries(parseMailHeaders(mail.raw))
  assert.match(from ?? '', /^=\?UTF-8\?\S+\?= <no-reply@latchkey\.example>$/)
})

test('emails go by STARTTLS and with credentials to a server that is trusted', async (t) => {
  const certificate = await createSelfSignedCertificate(t)
  if (!certificate) return
  trust(t, certificate.cert)
  const smtp = await startSmtpServer(t, {
    tls: { certificate, at: 'STARTTLS' },
    password: smtpPassword,
  })
  await openSmtpTransport(t, `smtp://ada:${encodedPassword}@localhost:${smtp.port}?tls=on`).send(
    sampleEmail,
  )

  const mail = onlyReceivedMail(smtp)
  assert.equal(mail.secure, true)
  assert.equal(mail.user, 'ada')
})

test('emails go by smtps to a server that is trusted', async (t) => {
  const certificate = await createSelfSignedCertificate(t)
  if (!certificate) return
  trust(t, certificate.cert)
  const smtp = await startSmtpServer(t, {
    tls: { certificate, at: 'once' },
    password: smtpPassword,
  })
  await openSmtpTransport(t, `smtps://ada:${encodedPassword}@localhost:${smtp.port}`).send(
    sampleEmail,
  )

  assert.equal(onlyReceivedMail(smtp).secure, true)
})

for (const at of ['once', 'STARTTLS'] as const) {
  const scheme = at === 'once' ? 'smtps' : 'smtp'
  test(`a server with a certificate of its own making gets nothing by ${scheme}`, async (t) => {
    const certificate = await createSelfSignedCertificate(t)
    if (!certificate) return
    const smtp = await startSmtpServer(t, { tls: { certificate, at }, password: smtpPassword })
    const query = at === 'STARTTLS' ? '?tls=on' : ''
    const gateway = openSmtpTransport(
      t,
      `${scheme}://ada:${encodedPassword}@localhost:${smtp.port}${query}`,
    )

    const error = await deliveryErrorOf(gateway.send(sampleEmail))
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.deepEqual([smtp.passwords, smtp.recipients], [[], []])
  })
}

test('a server across a network that offers no TLS gets neither password nor email', async (t) => {
  const smtp = await startSmtpServer(t, { password: smtpPassword })
  // It leads here, but is not written as an address of this machine.
  const gateway = openSmtpTransport(
    t,
    `smtp://ada:${encodedPassword}@[::ffff:127.0.0.1]:${smtp.port}`,
  )

  const error = await deliveryErrorOf(gateway.send(sampleEmail))
  assert.ok(!(error instanceof PermanentDeliveryError))
  assert.match(error.message, /TLS/)
  assert.deepEqual([smtp.passwords, smtp.recipients], [[], []])
})

test('TLS can be done without across a network, if one says so', async (t) => {
  const smtp = await startSmtpServer(t)
  await openSmtpTransport(t, `smtp://[::ffff:127.0.0.1]:${smtp.port}?tls=off`).send(sampleEmail)
  assert.equal(onlyReceivedMail(smtp).secure, false)
})

test('a mail trap on this machine works without TLS', async (t) => {
  const plain = await startSmtpServer(t, { password: smtpPassword })
  await openSmtpTransport(t, `smtp://ada:${encodedPassword}@localhost:${plain.port}`).send(
    sampleEmail,
  )
  assert.equal(onlyReceivedMail(plain).user, 'ada')
})

test('a mail trap on this machine works with a certificate that nobody knows', async (t) => {
  const certificate = await createSelfSignedCertificate(t)
  if (!certificate) return
  const offering = await startSmtpServer(t, { tls: { certificate, at: 'STARTTLS' } })
  await openSmtpTransport(t, `smtp://127.0.0.1:${offering.port}`).send(sampleEmail)
  assert.equal(onlyReceivedMail(offering).secure, false)
})

test('refused credentials are worth another try', async (t) => {
  const smtp = await startSmtpServer(t, { password: 'another' })
  const gateway = openSmtpTransport(
    t,
    `smtp://postmaster:${encodedPassword}@127.0.0.1:${smtp.port}`,
  )

  const error = await deliveryErrorOf(gateway.send(sampleEmail))
  assert.ok(!(error instanceof PermanentDeliveryError))
  assert.match(error.message, /credentials \(535 5\.7\.8 /)
  assert.deepEqual(smtp.passwords, [smtpPassword])
})

/** As an operator would with NODE_EXTRA_CA_CERTS, for one test. */
function trust(t: TestContext, cert: string): void {
  const before = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...before, cert])
  t.after(() => tls.setDefaultCACertificates(before))
}
