/** Without a response from Latchkey, the client returns a problem like any other. */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createLatchkey } from '../../client/latchkey.ts'
import { TestLatchkey } from '../support/latchkey.ts'

/** Starts a server in the place of Latchkey. @returns its origin */
async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an unreachable service is a problem with its own code, not an exception', async () => {
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

test('an HTML page instead of a response is a network problem, whatever its status', async (t) => {
  for (const status of [200, 201, 404, 502]) {
    const baseUrl = await serve(t, (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Hello</h1>')
    })
    const answer = await createLatchkey({ baseUrl }).auth.forgotPassword.post({ email: 'a@b.c' })
    assert.ok(!answer.ok && answer.problem.code === 'network', String(status))
    assert.ok(answer.cause instanceof Response)
    assert.equal(answer.cause.status, status)
  }
})

test('truncated JSON is a network problem', async (t) => {
  const baseUrl = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok')
  })
  const answer = await createLatchkey({ baseUrl }).health.live.get()
  assert.ok(!answer.ok && answer.problem.code === 'network')
})

test('a redirect does not send a password to another server', async (t) => {
  let received = ''
  const elsewhere = await serve(t, (request, response) => {
    request.on('data', (bytes) => {
      received += bytes
    })
    request.on('end', () => response.writeHead(200).end())
  })
  const baseUrl = await serve(t, (request, response) => {
    response.writeHead(307, { location: elsewhere + request.url }).end()
  })
  const password = 'a long sentence'
  const answer = await createLatchkey({ baseUrl }).auth.signIn.post({ email: 'a@b.c', password })
  assert.ok(!answer.ok && answer.problem.code === 'network')
  assert.equal(received, '')
})

test('an error from the application’s `token` function is not reported as a network problem', async () => {
  const token = () => Promise.reject(new Error('The session has ended.'))
  const client = createLatchkey({ baseUrl: 'http://127.0.0.1:1', token })
  await assert.rejects(client.settings.get(), /The session has ended/)
})

test('the application’s headers are sent, and cookies if the application requests them', async (t) => {
  let headers: Record<string, unknown> = {}
  const baseUrl = await serve(t, (request, response) => {
    headers = request.headers
    response.writeHead(204).end()
  })
  const sentRequests: RequestInit[] = []
  const client = createLatchkey({
    baseUrl,
    headers: { 'accept-language': 'de' },
    credentials: 'include',
    fetch: (input, init) => {
      sentRequests.push(init ?? {})
      return fetch(input, init)
    },
  })
  await client.auth.refresh.post()
  assert.equal(headers['accept-language'], 'de')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(sentRequests[0]?.credentials, 'include')
})
