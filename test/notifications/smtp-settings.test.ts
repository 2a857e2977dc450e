import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateMailFrom, validateSmtpUrl } from '../../src/config/smtp-url.ts'
import { createSmtpTransport } from '../../src/notifications/smtp.ts'

test('an invalid mail URL is rejected with a sentence that does not repeat it', () => {
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
    const problem = validateSmtpUrl(url) ?? ''
    assert.match(problem, /^LATCHKEY_SMTP_URL .+\.$/, url)
    assert.ok(!problem.includes('s3cret') && !problem.includes('ada'), problem)
    assert.throws(() => createSmtpTransport({ smtpUrl: url, from: 'a@example.org' }), {
      message: problem,
    })
  }
  const good = [
    'smtp://mail.example.org',
    'smtp://ada:s3cret@mail.example.org:587/',
    'smtps://ada%40example.org:s3cret@mail.example.org',
    'smtp://mailpit:1025?tls=off',
    'smtp://[::1]:1025',
  ]
  for (const url of good) assert.equal(validateSmtpUrl(url), undefined, url)
})

test('a sender that is not a single address is rejected with a sentence', () => {
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
    assert.match(validateMailFrom(from) ?? '', /^LATCHKEY_MAIL_FROM .+\.$/, JSON.stringify(from))
    assert.throws(() => createSmtpTransport({ smtpUrl: 'smtp://localhost', from }), {
      message: validateMailFrom(from) ?? '',
    })
  }
  for (const from of [
    'no-reply@example.org',
    'latchkey@localhost',
    'Latchkey <no-reply@example.org>',
    'Grünkohl & Söhne <no-reply@example.org>',
    '"Ada, Inc." <no-reply@example.org>',
  ]) {
    assert.equal(validateMailFrom(from), undefined, from)
  }
})
