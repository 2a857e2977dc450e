/** Connections that hold the service’s memory or descriptors are closed. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type App, createApp } from '../../src/http/app.ts'
import { timeouts } from '../../src/http/http-server.ts'
import { createLog } from '../../src/lib/log.ts'
import { waitUntil } from '../support/process.ts'

/** Far more than the kernel takes from the service while the client reads nothing. */
const largeBytes = 64 * 1024 * 1024
const getLarge = 'GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n'

test('a request has 30 seconds to arrive, and a response two minutes to be taken', () => {
  assert.deepEqual(timeouts, { requestMs: 30_000, responseMs: 120_000 })
  const { requestTimeout, headersTimeout } = newApp(timeouts).server
  assert.deepEqual([requestTimeout, headersTimeout], [30_000, 30_000])
})

/** Ways to keep a connection busy without reading. */
const unreadResponses: Record<string, (socket: Socket) => void> = {
  'that sends nothing more': () => {},
  'that sends another request': (socket) => void socket.write(getLarge),
  'that sends one request after another': (socket) => trickle(socket, getLarge),
  'that sends the next request byte by byte': (socket) => {
    socket.write('GET / HTTP/1.1\r\nX: ')
    trickle(socket, 'x')
  },
  'that sends an invalid request, byte by byte': (socket) => {
    socket.write('\0')
    trickle(socket, '\0')
  },
}

for (const [client, act] of Object.entries(unreadResponses)) {
  test(`the connection of a client that stops reading is closed: one ${client}`, async (t) => {
    const { client, accepted } = await openConnection(t, { responseMs: 500 })
    client.pause().write(getLarge)
    act(client)
    await waitUntil(() => accepted.destroyed)
  })
}

test('a slow client that keeps reading gets the whole response', async (t) => {
  const { client } = await openConnection(t, { responseMs: 60_000 })
  let received = 0
  client.on('data', (chunk) => {
    received += chunk.length
    client.pause()
    setTimeout(() => client.resume(), 5)
  })
  client.write(getLarge)
  await waitUntil(() => received > largeBytes)
})

/** Requests that never end, and the status that their client reads last. */
const unfinishedRequests: Record<string, [start: string, more: string, status: number]> = {
  'no bytes': ['', '', 408],
  'half of its headers': ['GET / HTTP/1.1\r\nHost: loc', '', 408],
  'its headers byte by byte': ['GET / HTTP/1.1\r\nX: ', 'x', 408],
  'half of its body': [head('/body', 100), '', 408],
  'its body byte by byte': [head('/body', 16_000), 'x', 408],
  'a body that is rejected at once, byte by byte': [head('/nope', 1_000_000), 'x', 408],
  'no HTTP': ['\0\0\0', '\0', 400],
}

for (const [sent, [start, more, status]] of Object.entries(unfinishedRequests)) {
  test(`an unfinished request is closed even if its client stays connected: ${sent}`, async (t) => {
    const { client, accepted } = await openConnection(t, { requestMs: 200 })
    let received = ''
    client.on('data', (chunk) => {
      received += chunk
    })
    client.write(start)
    if (more !== '') trickle(client, more)
    await waitUntil(() => accepted.destroyed)
    assert.ok(received.includes(`HTTP/1.1 ${status} `), received)
  })
}

function head(path: string, length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{`
}

function newApp(times: typeof timeouts): App {
  const app = createApp({
    publicUrl: 'http://localhost:4000',
    log: createLog('silent'),
    trustProxy: [],
    isStopping: () => false,
    timeouts: times,
  })
  const large = Buffer.alloc(largeBytes)
  app.get('/large', (_request, reply) => reply.send(large))
  app.post('/body', async () => 'arrived')
  return app
}

/**
 * Connects to a service with shorter times, in milliseconds. The client never closes the connection.
 *
 * @returns both ends of the connection
 */
async function openConnection(
  t: TestContext,
  times: Partial<typeof timeouts>,
): Promise<{ client: Socket; accepted: Socket }> {
  const app = newApp({ ...timeouts, ...times })
  t.after(() => {
    app.server.closeAllConnections()
    return app.close()
  })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const client = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
  client.on('error', () => {})
  t.after(() => client.destroy())
  const [accepted] = await once(app.server, 'connection')
  return { client, accepted }
}

/** Sends `bytes` again and again until the connection is closed. */
async function trickle(socket: Socket, bytes: string): Promise<void> {
  while (socket.writable) {
    await sleep(20)
    socket.write(bytes)
  }
}
