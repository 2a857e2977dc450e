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

test('an email arrives with both parts, the right sender and the right recipient', async (t) => {
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

test('an email conforms to RFC 5322 and MIME', async (t) => {
  const smtp = await startSmtpServer(t)
  const began = Date.now()
  const sender = '"Grünkohl & Söhne" <no-reply@latchkey.example>'
  await openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`, sender).send(sampleEmail)

  const { raw } = onlyReceivedMail(smtp)
  // 7-bit, CRLF line ends, lines of at most 78 characters (RFC 5322 §2.1.1, §2.3; RFC 2045 §6).
  assert.match(raw, /^[\t\r\n\x20-\x7e]*$/)
  assert.doesNotMatch(raw, /[^\r]\n|\r[^\n]/)
  assert.ok(raw.split('\r\n').every((line) => line.length <= 78))

  const headers = parseMailHeaders(raw)
  // Each once, all required ones (RFC 5322 §3.6), and none that names the software.
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
  // An encoded word must not be inside a quoted string (RFC 2047 §5).
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

test('a repeated email has the same Message-ID', async (t) => {
  const smtp = await startSmtpServer(t)
  const transport = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
  await transport.send(sampleEmail)
  await transport.send(sampleEmail)

  const ids = smtp.received.map(
    (mail) => Object.fromEntries(parseMailHeaders(mail.raw))['message-id'],
  )
  assert.deepEqual(ids, [
    `<${sampleEmail.id}@latchkey.example>`,
    `<${sampleEmail.id}@latchkey.example>`,
  ])
})

test('emails reuse an open connection', async (t) => {
  const smtp = await startSmtpServer(t)
  const transport = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
  await transport.send(sampleEmail)
  await transport.send(sampleEmail)

  assert.equal(new Set(smtp.received.map((mail) => mail.connection)).size, 1)
})

// Abuse case (Input and output): A line break in an address or a subject added recipients or
// headers.
test('an address with a list or a line break is sent to nobody', async (t) => {
  const smtp = await startSmtpServer(t)
  const transport = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
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
    const error = await deliveryErrorOf(transport.send({ ...sampleEmail, to }))
    assert.ok(error instanceof PermanentDeliveryError, JSON.stringify(to))
  }
  assert.deepEqual(smtp.recipients, [])
})

// Abuse case (Input and output): A line break in an address or a subject added recipients or
// headers.
test('a line break in a subject adds no header', async (t) => {
  const smtp = await startSmtpServer(t)
  const transport = openSmtpTransport(t, `smtp://127.0.0.1:${smtp.port}`)
  const subject = 'New device: Ada\r\nBcc: evil@example.net\nX-Evil: 1\r\n\r\nEvil text'
  await transport.send({ ...sampleEmail, subject })

  const mail = onlyReceivedMail(smtp)
  assert.deepEqual(mail.to, ['ada@example.org'])
  const names = parseMailHeaders(mail.raw).map(([name]) => name)
  assert.ok(!names.includes('bcc') && !names.includes('x-evil'), names.join())
  assert.ok(!parseMailParts(mail.raw).some((part) => part.content.includes('Evil text')))
})

test('special characters in a sender’s name do not change the sender’s address', async (t) => {
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

test('emails go by STARTTLS with credentials to a trusted server', async (t) => {
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

test('emails go by smtps to a trusted server', async (t) => {
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
  test(`a server with a self-signed certificate receives nothing by ${scheme}`, async (t) => {
    const certificate = await createSelfSignedCertificate(t)
    if (!certificate) return
    const smtp = await startSmtpServer(t, { tls: { certificate, at }, password: smtpPassword })
    const query = at === 'STARTTLS' ? '?tls=on' : ''
    const transport = openSmtpTransport(
      t,
      `${scheme}://ada:${encodedPassword}@localhost:${smtp.port}${query}`,
    )

    const error = await deliveryErrorOf(transport.send(sampleEmail))
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.deepEqual([smtp.passwords, smtp.recipients], [[], []])
  })
}

test('a remote server without TLS receives neither password nor email', async (t) => {
  const smtp = await startSmtpServer(t, { password: smtpPassword })
  // This form reaches this machine, but is not recognized as its address.
  const transport = openSmtpTransport(
    t,
    `smtp://ada:${encodedPassword}@[::ffff:127.0.0.1]:${smtp.port}`,
  )

  const error = await deliveryErrorOf(transport.send(sampleEmail))
  assert.ok(!(error instanceof PermanentDeliveryError))
  assert.match(error.message, /TLS/)
  assert.deepEqual([smtp.passwords, smtp.recipients], [[], []])
})

test('TLS to a remote server can be turned off explicitly', async (t) => {
  const smtp = await startSmtpServer(t)
  await openSmtpTransport(t, `smtp://[::ffff:127.0.0.1]:${smtp.port}?tls=off`).send(sampleEmail)
  assert.equal(onlyReceivedMail(smtp).secure, false)
})

test('a mail server on this machine works without TLS', async (t) => {
  const plain = await startSmtpServer(t, { password: smtpPassword })
  await openSmtpTransport(t, `smtp://ada:${encodedPassword}@localhost:${plain.port}`).send(
    sampleEmail,
  )
  assert.equal(onlyReceivedMail(plain).user, 'ada')
})

test('a mail server on this machine works with an unknown certificate', async (t) => {
  const certificate = await createSelfSignedCertificate(t)
  if (!certificate) return
  const offering = await startSmtpServer(t, { tls: { certificate, at: 'STARTTLS' } })
  await openSmtpTransport(t, `smtp://127.0.0.1:${offering.port}`).send(sampleEmail)
  assert.equal(onlyReceivedMail(offering).secure, false)
})

test('refused credentials are a retryable error', async (t) => {
  const smtp = await startSmtpServer(t, { password: 'another' })
  const transport = openSmtpTransport(
    t,
    `smtp://postmaster:${encodedPassword}@127.0.0.1:${smtp.port}`,
  )

  const error = await deliveryErrorOf(transport.send(sampleEmail))
  assert.ok(!(error instanceof PermanentDeliveryError))
  assert.match(error.message, /credentials \(535 5\.7\.8 /)
  assert.deepEqual(smtp.passwords, [smtpPassword])
})

/** Trusts a certificate for one test, as NODE_EXTRA_CA_CERTS does. */
function trust(t: TestContext, cert: string): void {
  const before = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...before, cert])
  t.after(() => tls.setDefaultCACertificates(before))
}
