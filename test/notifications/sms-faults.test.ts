import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createSmsTransport } from '../../src/notifications/sms.ts'
import { PermanentDeliveryError, RetryAfterError } from '../../src/notifications/transport.ts'
import {
  deliveryErrorOf,
  openSmsTransport,
  type ProviderResponse,
  sampleSms,
  startSmsProvider,
} from '../support/sms-transport.ts'
import { findFreePort, startTcpServer } from '../support/tcp.ts'

function twilioError(code: number): string {
  return JSON.stringify({
    code,
    message: `The 'To' number ${sampleSms.to} is not right for AC0123: ${sampleSms.text}`,
    status: 400,
  })
}

const answers: [kind: 'twilio' | 'signedPost' | 'kannel', ProviderResponse, permanent: boolean][] =
  [
    ['twilio', { status: 400, body: twilioError(21211) }, true],
    ['twilio', { status: 400, body: twilioError(21408) }, true],
    ['twilio', { status: 400, body: twilioError(21610) }, true],
    ['twilio', { status: 400, body: twilioError(21614) }, true],
    ['twilio', { status: 400, body: twilioError(21606) }, false],
    ['twilio', { status: 400, body: 'not JSON' }, false],
    ['twilio', { status: 400, body: 'null' }, false],
    ['twilio', { status: 401, body: twilioError(20003) }, false],
    ['twilio', { status: 429, body: twilioError(20429) }, false],
    ['twilio', { status: 500, body: twilioError(20500) }, false],
    ['twilio', { status: 503 }, false],
    ['signedPost', { status: 400, body: sampleSms.to }, true],
    ['signedPost', { status: 404 }, true],
    ['signedPost', { status: 410 }, true],
    ['signedPost', { status: 422 }, true],
    ['signedPost', { status: 401 }, false],
    ['signedPost', { status: 429 }, false],
    ['signedPost', { status: 500, body: sampleSms.text }, false],
    ['kannel', { status: 400 }, true],
    ['kannel', { status: 403 }, false],
    ['kannel', { status: 200, body: 'somebody else lives here' }, false],
    ['kannel', { status: 503 }, false],
  ]
for (const [kind, answer, permanent] of answers) {
  const code = /"code":([0-9]+)/.exec(answer.body ?? '')?.[1]
  const outcome = permanent ? 'is a permanent error' : 'is a retryable error'
  test(`a response with ${[answer.status, code].filter(Boolean).join(', code ')} from ${kind} ${outcome}`, async (t) => {
    const provider = await startSmsProvider(t, answer)
    const error = await deliveryErrorOf(openSmsTransport(provider[kind]).send(sampleSms))
    assert.equal(error instanceof PermanentDeliveryError, permanent, error.message)
    assert.match(error.message, new RegExp(code ?? `${answer.status}`))
  })
}

for (const kind of ['twilio', 'signedPost', 'kannel'] as const) {
  test(`a redirect from ${kind} is not followed`, async (t) => {
    const elsewhere = await startSmsProvider(t, { status: 202 })
    for (const status of [301, 302, 307, 308]) {
      const provider = await startSmsProvider(t, {
        status,
        headers: { location: elsewhere.signedPost },
      })
      const error = await deliveryErrorOf(openSmsTransport(provider[kind]).send(sampleSms))
      assert.ok(!(error instanceof PermanentDeliveryError))
    }
    assert.deepEqual(elsewhere.requests, [])
  })

  test(`a silent ${kind} times out`, { timeout: 10_000 }, async (t) => {
    const provider = await startSmsProvider(t, 'silence')
    const error = await deliveryErrorOf(
      openSmsTransport(provider[kind], { timeoutMs: 1500 }).send(sampleSms),
    )
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.equal(error.message, 'The SMS provider did not answer within 1.5 s.')
  })

  test(`the pause that ${kind} requests is respected`, async (t) => {
    for (const [retryAfter, waitMs] of [
      ['120', 120_000],
      [new Date(Date.now() + 3_600_000).toUTCString(), 3_600_000],
    ] as const) {
      const headers = { 'retry-after': retryAfter }
      const provider = await startSmsProvider(t, { status: 429, body: twilioError(20429), headers })
      const error = await deliveryErrorOf(openSmsTransport(provider[kind]).send(sampleSms))
      assert.ok(error instanceof RetryAfterError)
      assert.ok(Math.abs(error.retryAfterMs - waitMs) < 60_000, `${error.retryAfterMs}`)
      for (const invalid of ['soon', '-1', '0', new Date(0).toUTCString()]) {
        headers['retry-after'] = invalid
        const other = await deliveryErrorOf(openSmsTransport(provider[kind]).send(sampleSms))
        assert.ok(!(other instanceof RetryAfterError), invalid)
      }
    }
  })

  test(`a response from ${kind} that is not HTTP is a retryable error`, async (t) => {
    const port = await startTcpServer(t, (socket) => {
      socket.on('error', () => {}).end('220 mail.example.org ESMTP\r\n')
    })
    const provider = await startSmsProvider(t, { status: 200 })
    const url = provider[kind].replace(/127\.0\.0\.1:[0-9]+/, `127.0.0.1:${port}`)
    const error = await deliveryErrorOf(openSmsTransport(url).send(sampleSms))
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.match(error.message, /^The SMS provider could not be reached/)
  })

  test(`a late success from ${kind} is awaited, and the text is sent once`, async (t) => {
    const provider = await startSmsProvider(t, { status: 202, delayMs: 500 })
    const from = '+15550100000'
    await createSmsTransport({ url: provider[kind], from, timeoutMs: 20_000 }).send(sampleSms)
    assert.equal(provider.requests.length, 1)
  })

  test(`an unreachable ${kind} is a retryable error`, async (t) => {
    const provider = await startSmsProvider(t, { status: 200 })
    const url = provider[kind].replace(/127\.0\.0\.1:[0-9]+/, `127.0.0.1:${await findFreePort()}`)
    const error = await deliveryErrorOf(openSmsTransport(url).send(sampleSms))
    assert.ok(!(error instanceof PermanentDeliveryError))
    assert.match(error.message, /ECONNREFUSED/)
  })

  test(`${kind} sends to a single number only`, async (t) => {
    const provider = await startSmsProvider(t, { status: 202 })
    const transport = openSmsTransport(provider[kind])
    for (const to of [
      '+15550101234 +15550109999',
      '+15550101234,+15550109999',
      '+15550101234\n',
      '+15550101234&from=x',
      'whatsapp:+15550101234',
      '15550101234',
      '+0550101234',
      '+１５５５０１０１２３４',
      '',
    ]) {
      const error = await deliveryErrorOf(transport.send({ ...sampleSms, to }))
      assert.ok(error instanceof PermanentDeliveryError, JSON.stringify(to))
    }
    assert.deepEqual(provider.requests, [])
  })
}

test('an accepted text is not resent because the rest of the response is missing', async (t) => {
  const provider = await startSmsProvider(t, 'half')
  await openSmsTransport(provider.signedPost, { timeoutMs: 1500 }).send(sampleSms)
})

test('only the beginning of an endless response is read', {
  timeout: 5000,
}, async (t) => {
  let sent = 0
  const server = createServer((_request, response) => {
    response.writeHead(400)
    const more = () => {
      while (!response.destroyed && sent < 1e9) {
        sent += 65_536
        if (!response.write(Buffer.alloc(65_536, '{'))) return response.once('drain', more)
      }
    }
    more()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  await deliveryErrorOf(openSmsTransport(`twilio://AC0123:token@127.0.0.1:${port}`).send(sampleSms))
  // The sockets on both sides buffer some megabytes; beyond them nothing was read.
  assert.ok(sent < 5e7, `${sent} bytes`)
})
