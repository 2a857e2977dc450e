/** Where nothing of Latchkey comes back, the client says so, in the same form as any refusal. */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createLatchkey } from '../../client/latchkey.ts'
import { TestLatchkey } from '../support/latchkey.ts'

/** What a stranger between client and service might be. @returns its address */
async function stranger(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a service that is gone is a problem of its own code, and no exception', async () => {
  const latchkey = new TestLatchkey('SQLite')
  await latchkey.start()
  const client = createLatchkey({ baseUrl: latchkey.origin })
  assert.ok((await client.health.live.get()).ok)
  await latchkey.stop()

  const answer = await client.auth.signIn.post({ email: 'ada@example.com', password: 'x' })
  assert.ok(!answer.ok)
  assert.equal(answer.status, 0)
  assert.equal(answer.problem.code, 'network')
  assert.match(answer.problem.detail, /connection/)
  assert.ok(answer.cause instanceof TypeError)
})

test('a page in place of an answer is none, whatever its status', async (t) => {
  for (const status of [200, 201, 404, 502]) {
    const baseUrl = await stranger(t, (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Hello</h1>')
    })
    const answer = await createLatchkey({ baseUrl }).auth.forgotPassword.post({ email: 'a@b.c' })
    assert.ok(!answer.ok && answer.problem.code === 'network', String(status))
    assert.ok(answer.cause instanceof Response)
    assert.equal(answer.cause.status, status)
  }
})

test('JSON that breaks off is no answer either', async (t) => {
  const baseUrl = await stranger(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok')
  })
  const answer = await createLatchkey({ baseUrl }).health.live.get()
  assert.ok(!answer.ok && answer.problem.code === 'network')
})

test('a password goes to no other place than it was meant for', async (t) => {
  let received = ''
  const elsewhere = await stranger(t, (request, response) => {
    request.on('data', (bytes) => {
      received += bytes
    })
    request.on('end', () => response.writeHead(200).end())
  })
  const baseUrl = await stranger(t, (request, response) => {
    response.writeHead(307, { location: elsewhere + request.url }).end()
  })
  const password = 'a long sentence'
  const answer = await createLatchkey({ baseUrl }).auth.signIn.post({ email: 'a@b.c', password })
  assert.ok(!answer.ok && answer.problem.code === 'network')
  assert.equal(received, '')
})

test('what the application’s own `token` throws is not taken for a lost connection', async () => {
  const token = () => Promise.reject(new Error('The session has ended.'))
  const client = createLatchkey({ baseUrl: 'http://127.0.0.1:1', token })
  await assert.rejects(client.settings.get(), /The session has ended/)
})

test('headers of the application go along, and cookies where it says so', async (t) => {
  let headers: Record<string, unknown> = {}
  const baseUrl = await stranger(t, (request, response) => {
    headers = request.headers
    response.writeHead(204).end()
  })
  const asked: RequestInit[] = []
  const client = createLatchkey({
    baseUrl,
    headers: { 'accept-language': 'de' },
    credentials: 'include',
    fetch: (input, init) => {
      asked.push(init ?? {})
      return fetch(input, init)
    },
  })
  await client.auth.refresh.post()
  assert.equal(headers['accept-language'], 'de')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(asked[0]?.credentials, 'include')
})
