import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type Outgoing, Undeliverable } from '../../src/messages/gateway.ts'
import { smsFromProblem, smsGateway, smsUrlProblem } from '../../src/messages/sms.ts'

const message: Outgoing = {
  id: '0198c0de-0000-7000-8000-000000000001',
  to: '+15550101234',
  subject: '',
  text: 'Your code is 493817 – ключ 🔑 & "more"',
}
const secret = 'whsec+/=%&#'
const token = 'tok&en/+%'

interface Asked {
  line: string
  headers: IncomingHttpHeaders
  body: string
}

interface Answer {
  status: number
  body?: string
  headers?: Record<string, string>
}

/** A provider on this machine, which notes what it is asked and answers as it is told. */
async function startProvider(t: TestContext, answer: Answer | 'silence' | 'half') {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    asked.push({ line: `${method} ${url}`, headers, body: await textOf(request) })
    if (answer === 'silence') return
    if (answer === 'half') return response.writeHead(200).write('{')
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    asked,
    signedPost: `http://${host}/texts?tenant=7&secret=${encodeURIComponent(secret)}`,
    twilio: `twilio://AC0123:${encodeURIComponent(token)}@${host}`,
    kannel: `kannel+http://kannel:${encodeURIComponent(token)}@${host}/cgi-bin/sendsms`,
  }
}

function open(url: string, from: string | undefined = '+15550100000') {
  return smsGateway({ url, from, waitMs: 300 })
}

/** What sending fails with. It is always an error that may be logged, whatever was answered. */
async function failureOf(sending: Promise<void>): Promise<Error> {
  const error = await sending.then(
    () => assert.fail('The text was taken.'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  const logged = JSON.stringify({ ...error, text: String(error.stack), cause: String(error.cause) })
  for (const hidden of [
    '5550101234',
    '493817',
    secret,
    encodeURIComponent(secret),
    token,
    'AC0123',
  ]) {
    assert.ok(!logged.includes(hidden), `${hidden} stands in: ${logged}`)
  }
  return error
}

/** What an operator's program does with a text, by settings.md alone. */
function verified({ headers, body }: Asked): boolean {
  const [, t, v1] =
    /^t=([0-9]+),v1=([0-9a-f]{64})$/.exec(String(headers['latchkey-signature'])) ?? []
  const fresh = Math.abs(Date.now() / 1000 - Number(t)) < 60
  return fresh && v1 === createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
}

test('a signed text can be verified by who knows the secret, and tells no one the secret', async (t) => {
  const provider = await startProvider(t, { status: 204 })
  await open(provider.signedPost).send(message)

  const [asked] = provider.asked
  assert.ok(asked)
  assert.equal(asked.line, 'POST /texts?tenant=7')
  assert.equal(asked.headers['content-type'], 'application/json')
  assert.deepEqual(JSON.parse(asked.body), {
    to: message.to,
    from: '+15550100000',
    text: message.text,
  })
  assert.ok(verified(asked))
  assert.ok(!verified({ ...asked, body: asked.body.replace('493817', '493818') }))
  assert.ok(!JSON.stringify(asked).includes(secret.slice(0, 5)))
})

test('a repeated signed text can be told by its Idempotency-Key', async (t) => {
  const provider = await startProvider(t, { status: 200 })
  const gateway = open(provider.signedPost)
  await gateway.send(message)
  await gateway.send(message)

  assert.deepEqual(
    provider.asked.map(({ headers }) => headers['idempotency-key']),
    [message.id, message.id],
  )
})

test('a signed text without a sender says so', async (t) => {
  const provider = await startProvider(t, { status: 200 })
  await smsGateway({ url: provider.signedPost, from: undefined }).send(message)
  assert.equal(JSON.parse(provider.asked[0]?.body ?? '').from, null)
})

test('Twilio is asked as its Messages resource wants it', async (t) => {
  const provider = await startProvider(t, { status: 201, body: '{"status":"queued"}' })
  await open(provider.twilio).send(message)

  const [asked] = provider.asked
  assert.ok(asked)
  assert.equal(asked.line, 'POST /2010-04-01/Accounts/AC0123/Messages.json')
  assert.equal(asked.headers['content-type'], 'application/x-www-form-urlencoded')
  const credentials = Buffer.from(`AC0123:${token}`).toString('base64')
  assert.equal(asked.headers.authorization, `Basic ${credentials}`)
  assert.deepEqual(Object.fromEntries(new URLSearchParams(asked.body)), {
    To: message.to,
    From: '+15550100000',
    Body: message.text,
  })
})

test('Twilio picks the sender from a messaging service', async (t) => {
  const provider = await startProvider(t, { status: 201 })
  await open(provider.twilio, 'MG0123456789').send(message)

  const form = Object.fromEntries(new URLSearchParams(provider.asked[0]?.body))
  assert.equal(form.MessagingServiceSid, 'MG0123456789')
  assert.equal(form.From, undefined)
})

function twilioError(code: number): string {
  return JSON.stringify({
    code,
    message: `The 'To' number ${message.to} is not right for AC0123: ${message.text}`,
    status: 400,
  })
}

const answers: [kind: 'twilio' | 'signedPost' | 'kannel', Answer, undeliverable: boolean][] = [
  ['twilio', { status: 400, body: twilioError(21211) }, true],
  ['twilio', { status: 400, body: twilioError(21408) }, true],
  ['twilio', { status: 400, body: twilioError(21610) }, true],
  ['twilio', { status: 400, body: twilioError(21614) }, true],
  ['twilio', { status: 400, body: twilioError(21606) }, false],
  ['twilio', { status: 400, body: 'not JSON' }, false],
  ['twilio', { status: 400, body: 'null' }, false],
  ['twilio', { status: 401, body: twilioError(20003) }, false],
  ['twilio', { status: 429, body: twilioError(20429) }, false],
  ['twilio', { status: 503 }, false],
  ['signedPost', { status: 400, body: message.to }, true],
  ['signedPost', { status: 404 }, true],
  ['signedPost', { status: 410 }, true],
  ['signedPost', { status: 422 }, true],
  ['signedPost', { status: 401 }, false],
  ['signedPost', { status: 429 }, false],
  ['signedPost', { status: 500, body: message.text }, false],
  ['kannel', { status: 400 }, true],
  ['kannel', { status: 403 }, false],
  ['kannel', { status: 200, body: 'somebody else lives here' }, false],
  ['kannel', { status: 503 }, false],
]
for (const [kind, answer, undeliverable] of answers) {
  const code = /"code":([0-9]+)/.exec(answer.body ?? '')?.[1]
  const outcome = undeliverable ? 'is not tried again' : 'is worth another try'
  test(`a text answered with ${[answer.status, code].filter(Boolean).join(', code ')} by ${kind} ${outcome}`, async (t) => {
    const provider = await startProvider(t, answer)
    const error = await failureOf(open(provider[kind]).send(message))
    assert.equal(error instanceof Undeliverable, undeliverable, error.message)
    assert.match(error.message, new RegExp(code ?? `${answer.status}`))
  })
}

for (const kind of ['twilio', 'signedPost', 'kannel'] as const) {
  test(`${kind} is not followed elsewhere`, async (t) => {
    const elsewhere = await startProvider(t, { status: 202 })
    for (const status of [301, 302, 307, 308]) {
      const provider = await startProvider(t, {
        status,
        headers: { location: elsewhere.signedPost },
      })
      const error = await failureOf(open(provider[kind]).send(message))
      assert.ok(!(error instanceof Undeliverable))
    }
    assert.deepEqual(elsewhere.asked, [])
  })

  test(`${kind} is given up on in time if it says nothing`, { timeout: 3000 }, async (t) => {
    const provider = await startProvider(t, 'silence')
    const error = await failureOf(open(provider[kind]).send(message))
    assert.ok(!(error instanceof Undeliverable))
    assert.equal(error.message, 'The SMS provider did not answer within 0.3 s.')
  })

  test(`${kind} is worth another try if it is down`, async (t) => {
    const provider = await startProvider(t, { status: 200 })
    const url = provider[kind].replace(/127\.0\.0\.1:[0-9]+/, `127.0.0.1:${await freePort()}`)
    const error = await failureOf(open(url).send(message))
    assert.ok(!(error instanceof Undeliverable))
    assert.match(error.message, /ECONNREFUSED/)
  })

  test(`${kind} sends to nothing but a single number`, async (t) => {
    const provider = await startProvider(t, { status: 202 })
    const gateway = open(provider[kind])
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
      const error = await failureOf(gateway.send({ ...message, to }))
      assert.ok(error instanceof Undeliverable, JSON.stringify(to))
    }
    assert.deepEqual(provider.asked, [])
  })
}

test('a text that was taken is not sent again because the rest of the answer is missing', async (t) => {
  const provider = await startProvider(t, 'half')
  await open(provider.signedPost).send(message)
})

test('an answer without end is read no further than its beginning', {
  timeout: 5000,
}, async (t) => {
  let left = 0
  const server = createServer((_request, response) => {
    response.writeHead(400)
    const more = () => {
      while (!response.destroyed && left < 1e9) {
        left += 65_536
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
  await failureOf(open(`twilio://AC0123:token@127.0.0.1:${port}`).send(message))
  // The sockets on both sides hold some megabytes; beyond them nobody asked for more.
  assert.ok(left < 5e7, `${left} bytes`)
})

test('Twilio is spoken to in clear on this machine alone', async (t) => {
  const provider = await startProvider(t, { status: 201 })
  // It leads here, but is not written as an address of this machine.
  const url = provider.twilio.replace('127.0.0.1', '[::ffff:127.0.0.1]')
  const error = await failureOf(open(url).send(message))
  assert.ok(!(error instanceof Undeliverable))
  assert.deepEqual(provider.asked, [])
})

test('an SMS URL that can’t be used is refused in a sentence that doesn’t repeat it', () => {
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
    const problem = smsUrlProblem(url) ?? ''
    assert.match(problem, /^LATCHKEY_SMS_URL .+\.$/, url)
    assert.ok(!problem.includes('s3cret') && !problem.includes('AC0123'), problem)
    assert.throws(() => open(url), { message: problem })
  }
  for (const url of [
    'https://sms.example.org/texts?secret=s3cret',
    'http://sms:8080/?a=b&secret=s3cret%2B',
    'twilio://AC0123:s3cret@api.twilio.com',
    'twilio://AC0123:s3cret@api.dublin.ie1.twilio.com/',
    'kannel+http://ada:s3cret@sms.example.org:13013/cgi-bin/sendsms',
    'kannel+https://ada:s3cret@sms.example.org',
  ]) {
    assert.equal(smsUrlProblem(url), undefined, url)
  }
})

test('Twilio without a sender is refused in a sentence; others do without', () => {
  const twilio = 'twilio://AC0123:s3cret@api.twilio.com'
  const problem = smsFromProblem(twilio, undefined) ?? ''
  assert.match(problem, /^LATCHKEY_SMS_FROM .+\.$/)
  assert.throws(() => smsGateway({ url: twilio, from: undefined }), { message: problem })
  assert.equal(smsFromProblem(twilio, 'Latchkey'), undefined)
  assert.equal(smsFromProblem('https://sms.example.org?secret=s3cret', undefined), undefined)
})

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}
