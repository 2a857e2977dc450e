import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { validateSmsFrom, validateSmsUrl } from '../../src/config/sms-url.ts'
import { createSmsTransport } from '../../src/notifications/sms.ts'
import { PermanentDeliveryError } from '../../src/notifications/transport.ts'
import {
  deliveryErrorOf,
  openSmsTransport,
  type ReceivedRequest,
  sampleSms,
  smsSecret,
  smsToken,
  startSmsProvider,
} from '../support/sms-transport.ts'

/** Verifies a text as an operator's program does that follows docs/settings.md. */
function isVerified({ headers, body }: ReceivedRequest): boolean {
  const [, t, v1] =
    /^t=([0-9]+),v1=([0-9a-f]{64})$/.exec(String(headers['latchkey-signature'])) ?? []
  const fresh = Math.abs(Date.now() / 1000 - Number(t)) < 60
  return fresh && v1 === createHmac('sha256', smsSecret).update(`${t}.${body}`).digest('hex')
}

test('a signed text can be verified with the secret and does not reveal it', async (t) => {
  const provider = await startSmsProvider(t, { status: 204 })
  await openSmsTransport(provider.signedPost).send(sampleSms)

  const [request] = provider.requests
  assert.ok(request)
  assert.equal(request.requestLine, 'POST /texts?tenant=7')
  assert.equal(request.headers['content-type'], 'application/json')
  assert.deepEqual(JSON.parse(request.body), {
    to: sampleSms.to,
    from: '+15550100000',
    text: sampleSms.text,
  })
  assert.ok(isVerified(request))
  assert.ok(!isVerified({ ...request, body: request.body.replace('493817', '493818') }))
  assert.ok(!JSON.stringify(request).includes(smsSecret.slice(0, 5)))
})

test('a repeated signed text has the same Idempotency-Key', async (t) => {
  const provider = await startSmsProvider(t, { status: 200 })
  const transport = openSmsTransport(provider.signedPost)
  await transport.send(sampleSms)
  await transport.send(sampleSms)

  assert.deepEqual(
    provider.requests.map(({ headers }) => headers['idempotency-key']),
    [sampleSms.id, sampleSms.id],
  )
})

test('a signed text without a sender has null as its sender', async (t) => {
  const provider = await startSmsProvider(t, { status: 200 })
  await createSmsTransport({ url: provider.signedPost, from: undefined }).send(sampleSms)
  assert.equal(JSON.parse(provider.requests[0]?.body ?? '').from, null)
})

test('a request to Twilio follows its Messages resource', async (t) => {
  const provider = await startSmsProvider(t, { status: 201, body: '{"status":"queued"}' })
  await openSmsTransport(provider.twilio).send(sampleSms)

  const [request] = provider.requests
  assert.ok(request)
  assert.equal(request.requestLine, 'POST /2010-04-01/Accounts/AC0123/Messages.json')
  assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded')
  const credentials = Buffer.from(`AC0123:${smsToken}`).toString('base64')
  assert.equal(request.headers.authorization, `Basic ${credentials}`)
  assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), {
    To: sampleSms.to,
    From: '+15550100000',
    Body: sampleSms.text,
  })
})

test('Twilio chooses the sender from a messaging service', async (t) => {
  const provider = await startSmsProvider(t, { status: 201 })
  await openSmsTransport(provider.twilio, { from: 'MG0123456789' }).send(sampleSms)

  const form = Object.fromEntries(new URLSearchParams(provider.requests[0]?.body))
  assert.equal(form.MessagingServiceSid, 'MG0123456789')
  assert.equal(form.From, undefined)
})

test('Twilio is called without TLS only on this machine', async (t) => {
  const provider = await startSmsProvider(t, { status: 201 })
  // This form reaches this machine, but is not recognized as its address.
  const url = provider.twilio.replace('127.0.0.1', '[::ffff:127.0.0.1]')
  const error = await deliveryErrorOf(openSmsTransport(url).send(sampleSms))
  assert.ok(!(error instanceof PermanentDeliveryError))
  assert.deepEqual(provider.requests, [])
})

test('an invalid SMS URL is rejected with a sentence that does not repeat it', () => {
  const bad = [
    '',
    'sms.example.org',
    'ftp://sms.example.org',
    'https:sms.example.org?secret=s3cret',
    'https://sms.example.org',
    'https://sms.example.org?secret=',
    'https://sms.example.org?secret=s3cret&secret=s3cret2',
    'https://sms.example.org?secret=s3cret+2',
    'https://ada:s3cret@sms.example.org?secret=s3cret',
    'https://?secret=s3cret',
    'https://sms.example.org:99999?secret=s3cret',
    'twilio://api.twilio.com',
    'twilio://AC0123@api.twilio.com',
    'twilio://AC0123:s3cret%zz@api.twilio.com',
    'twilio://AC0123%2f..:s3cret@api.twilio.com',
    'twilio://AC0123:s3cret@',
    'twilio://AC0123:s3cret@api.twilio.com/2010-04-01',
    'kannel+http://sms.example.org/cgi-bin/sendsms',
    'kannel+http://ada@sms.example.org/cgi-bin/sendsms',
    'kannel+https://ada:s3cret@sms.example.org:99999',
  ]
  for (const url of bad) {
    const problem = validateSmsUrl(url) ?? ''
    assert.match(problem, /^LATCHKEY_SMS_URL .+\.$/, url)
    assert.ok(!problem.includes('s3cret') && !problem.includes('AC0123'), problem)
    assert.throws(() => openSmsTransport(url), { message: problem })
  }
  for (const url of [
    'https://sms.example.org/texts?secret=s3cret',
    'http://sms:8080/?a=b&secret=s3cret%2B',
    'twilio://AC0123:s3cret@api.twilio.com',
    'twilio://AC0123:s3cret@api.dublin.ie1.twilio.com/',
    'kannel+http://ada:s3cret@sms.example.org:13013/cgi-bin/sendsms',
    'kannel+https://ada:s3cret@sms.example.org',
  ]) {
    assert.equal(validateSmsUrl(url), undefined, url)
  }
})

test('Twilio requires a sender, and other providers do not', () => {
  const twilio = 'twilio://AC0123:s3cret@api.twilio.com'
  const problem = validateSmsFrom(twilio, undefined) ?? ''
  assert.match(problem, /^LATCHKEY_SMS_FROM .+\.$/)
  assert.throws(() => createSmsTransport({ url: twilio, from: undefined }), { message: problem })
  assert.equal(validateSmsFrom(twilio, 'Latchkey'), undefined)
  assert.equal(validateSmsFrom('https://sms.example.org?secret=s3cret', undefined), undefined)
})
