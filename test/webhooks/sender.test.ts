import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { InvalidSettingsError, readSettings } from '../../src/config/read-settings.ts'
import { validateWebhookUrl } from '../../src/config/webhook-url.ts'
import { PermanentDeliveryError } from '../../src/notifications/transport.ts'
import { createWebhookSender } from '../../src/webhooks/sender.ts'
import { loggableErrorOf } from '../support/delivery-error.ts'
import { findFreePort, startHttpServer } from '../support/tcp.ts'
import { generateWebhookSecret, startWebhookReceiver } from '../support/webhook-receiver.ts'

const event = {
  id: '0198c0de-0000-7000-8000-000000000001',
  body: '{"type":"mfa.off","data":"ü🔑"}',
}
const secret = generateWebhookSecret()

const failureOf = (sending: Promise<void>) =>
  loggableErrorOf(sending, [secret.slice(6), 'tenant', '127.0.0.1'])

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const port = await startHttpServer(t, listener)
  return `http://127.0.0.1:${port}/?tenant=7&secret=${secret}`
}

test('during a rotation of the secret, receivers with either secret can verify', async (t) => {
  const [oldSecret, newSecret] = [generateWebhookSecret(), generateWebhookSecret()]
  const hook = await startWebhookReceiver(t, oldSecret)
  const url = hook.url.replace(oldSecret, `${newSecret}&secret=${oldSecret}`)
  await createWebhookSender(url).send(event)
  const [received] = hook.received
  assert.ok(received)
  new Webhook(newSecret).verify(received.body, received.headers)
  assert.throws(() => new Webhook(generateWebhookSecret()).verify(received.body, received.headers))
})

// Abuse case (Input and output): A forged event was accepted as authentic.
test('an event altered in transit fails verification', async (t) => {
  const hook = await startWebhookReceiver(t, secret)
  await createWebhookSender(hook.url).send(event)
  const { body, headers } = hook.received[0] ?? assert.fail()
  const official = new Webhook(secret)
  official.verify(body, headers)
  for (const changed of [
    { ...headers, 'webhook-id': 'another' },
    { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) },
  ]) {
    assert.throws(() => official.verify(body, changed))
  }
  assert.throws(() => official.verify(body.replace('mfa.off', 'mfa.on'), headers))
})

for (const status of [200, 201, 204]) {
  test(`a ${status} accepts an event`, async (t) => {
    await createWebhookSender(
      await serve(t, (_, response) => response.writeHead(status).end()),
    ).send(event)
  })
}
for (const status of [400, 401, 404, 408, 429, 500, 503]) {
  test(`a ${status} is a retryable error`, async (t) => {
    const url = await serve(t, (_, response) => response.writeHead(status).end(secret))
    const error = await failureOf(createWebhookSender(url).send(event))
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.match(error.message, new RegExp(`\\(${status}\\)`))
  })
}

// Abuse case (Input and output): A receiver redirected events to another host (SSRF).
test('a redirect from a receiver is not followed', async (t) => {
  let requests = 0
  const elsewhere = await serve(t, (_, response) => {
    requests += 1
    response.end()
  })
  for (const status of [301, 302, 303, 307, 308]) {
    const url = await serve(t, (_, response) => {
      response.writeHead(status, { location: elsewhere }).end()
    })
    assert.ok(
      !((await failureOf(createWebhookSender(url).send(event))) instanceof PermanentDeliveryError),
    )
  }
  assert.equal(requests, 0)
})

test('a silent, malformed or unreachable receiver is a retryable error', {
  timeout: 10_000,
}, async (t) => {
  const silent = await serve(t, () => {})
  const rubbish = await serve(t, ({ socket }) => socket.end('no HTTP at all\r\n\r\n'))
  const away = `http://127.0.0.1:${await findFreePort()}/?secret=${secret}`
  for (const url of [silent, rubbish, away]) {
    const error = await failureOf(createWebhookSender(url, 300).send(event))
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.match(error.message, /^The webhook receiver (did not answer|could not be reached)/)
  }
})

test('an endless response counts by its status, and only its beginning is read', {
  timeout: 10_000,
}, async (t) => {
  let sent = 0
  const url = await serve(t, (_, response) => {
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed && sent < 1e9) {
        sent += 65_536
        if (!response.write(Buffer.alloc(65_536, ' '))) return response.once('drain', more)
      }
    }
    more()
  })
  await createWebhookSender(url).send(event)
  assert.ok(sent < 5e7, `${sent} bytes`)
})

test('an invalid webhook URL is rejected with a sentence that does not repeat it', () => {
  const bytes = (count: number) => `whsec_${Buffer.alloc(count, 'k').toString('base64')}`
  const bad = [
    '',
    'hooks.example.org',
    'ftp://hooks.example.org/?secret=whsec_x',
    'https://hooks.example.org',
    'https://hooks.example.org/?secret=',
    `https://hooks.example.org/?secret=${secret.slice(6)}`,
    'https://hooks.example.org/?secret=whsec_s3cret',
    `https://hooks.example.org/?secret=${bytes(23)}`,
    `https://hooks.example.org/?secret=${bytes(65)}`,
    `https://hooks.example.org/?secret=${bytes(32)}&secret=x`,
    `https://hooks.example.org/?secret=${bytes(32)}&secret=${bytes(33)}&secret=${bytes(34)}`,
    `https://ada:s3cret@hooks.example.org/?secret=${bytes(32)}`,
    `https://hooks.example.org:99999/?secret=${bytes(32)}`,
  ]
  for (const url of bad) {
    const problem = validateWebhookUrl(url) ?? ''
    assert.match(problem, /^LATCHKEY_WEBHOOK_URL .+\.$/, url)
    assert.ok(!/s3cret|whsec_[^ …]/.test(problem.replace('whsec_ and', '')), problem)
    assert.throws(() => createWebhookSender(url), { message: problem })
  }
  // A + in a query would otherwise be parsed as a space.
  const plus = `whsec_${Buffer.alloc(32, 0xfb).toString('base64')}`
  assert.match(plus, /\+/)
  for (const given of [bytes(24), bytes(64), plus, encodeURIComponent(plus)]) {
    assert.equal(validateWebhookUrl(`https://hooks.example.org/in?a=b&secret=${given}`), undefined)
  }
})

test('in production a webhook URL must use https or this machine', () => {
  const problemsWith = (LATCHKEY_WEBHOOK_URL: string) => {
    try {
      readSettings({ LATCHKEY_MODE: 'production', LATCHKEY_WEBHOOK_URL })
      return assert.fail()
    } catch (error) {
      assert.ok(error instanceof InvalidSettingsError)
      return error.problems.filter((problem) => problem.startsWith('LATCHKEY_WEBHOOK_URL'))
    }
  }
  const [problem = '', ...more] = problemsWith(`http://hooks.internal/?secret=${secret}`)
  assert.match(problem, /must begin with https:\/\//)
  assert.ok(!problem.includes(secret) && more.length === 0)
  assert.deepEqual(problemsWith(`https://hooks.internal/?secret=${secret}`), [])
  assert.deepEqual(problemsWith(`http://localhost:8080/?secret=${secret}`), [])
  readSettings({ LATCHKEY_WEBHOOK_URL: `http://hooks.internal/?secret=${secret}` })
})
