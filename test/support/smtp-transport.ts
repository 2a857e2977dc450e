/** Shared parts of SMTP tests. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createSmtpTransport } from '../../src/notifications/smtp.ts'
import type { RenderedMessage, Transport } from '../../src/notifications/transport.ts'
import { loggableErrorOf } from './delivery-error.ts'
import type { ReceivedMail, TestSmtpServer } from './smtp-server.ts'

/** A password whose characters must be percent-encoded in a URL. */
export const smtpPassword = 'p@ss/w#rd%'
export const encodedPassword = encodeURIComponent(smtpPassword)

export const sampleEmail: RenderedMessage = {
  id: '0198c0de-0000-7000-8000-000000000001',
  to: 'ada@example.org',
  subject: 'Your code for Grünkohl & Söhne',
  text: 'Your code is 493817.\n.\nIt works for ten minutes – once.\n',
  html: '<p>Your code is <b>493817</b>. It works for ten minutes – once.</p>',
}

/** Opens a transport that waits 2 s for the server, and 3 s for its final reply: other tests run beside it. */
export function openSmtpTransport(
  t: TestContext,
  smtpUrl: string,
  from = 'Latchkey <no-reply@latchkey.example>',
): Transport {
  const transport = createSmtpTransport({ smtpUrl, from, timeoutMs: 2000, replyTimeoutMs: 3000 })
  t.after(() => transport.close())
  return transport
}

/** The error of an email that was not sent. */
export function deliveryErrorOf(sending: Promise<void>): Promise<Error> {
  const recipient = ['ada@', 'example.org', '493817']
  return loggableErrorOf(sending, [...recipient, 'postmaster', smtpPassword, encodedPassword])
}

/** The only email that the server received. */
export function onlyReceivedMail(smtp: TestSmtpServer): ReceivedMail {
  const [mail, ...more] = smtp.received
  assert.ok(mail)
  assert.equal(more.length, 0)
  return mail
}
