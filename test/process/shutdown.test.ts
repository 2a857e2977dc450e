import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { json, text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import {
  createTempFolder,
  spawnLatchkey,
  startLatchkeyProcess,
  waitUntil,
} from '../support/process.ts'
import { findFreePort, startTcpServer } from '../support/tcp.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} stops the service cleanly, even with open keep-alive connections`, async (t) => {
    const latchkey = await startLatchkeyProcess(t)
    const agent = keepAlive(t)
    for (let connections = 0; connections < 3; connections += 1) {
      const answer = await answerTo(get(agent, latchkey.port))
      assert.equal(answer.statusCode, 200)
      answer.resume()
    }
    // One open connection has sent no request.
    const idle = connect(latchkey.port, '127.0.0.1').on('error', () => {})
    await once(idle, 'connect')

    const ended = await latchkey.stop(signal)
    assert.deepEqual([ended.code, ended.signal, ended.stderr], [0, null, ''])
  })

  test(`${signal} lets a running request finish`, async (t) => {
    const latchkey = await startLatchkeyProcess(t)
    const agent = keepAlive(t)
    const running = request({
      agent,
      host: '127.0.0.1',
      port: latchkey.port,
      path: '/auth/SignIn',
      method: 'POST',
      headers: { 'content-type': 'application/json', expect: '100-continue' },
    })
    running.flushHeaders()
    // The service sends 100 Continue once it has begun with this request.
    await once(running, 'continue')

    latchkey.kill(signal)
    // A launcher may forward a signal that we already got; the second one changes nothing.
    latchkey.kill(signal)
    await waitUntil(() => refuses(latchkey.port))
    running.end(JSON.stringify({ email: 'nobody@example.com', password: 'a long sentence' }))

    const answer = await answerTo(running)
    assert.equal(answer.statusCode, 401)
    assert.equal(((await json(answer)) as { code: string }).code, 'invalid_credentials')
    assert.equal(answer.headers.connection, 'close')
    const ended = await latchkey.result
    assert.deepEqual([ended.code, ended.signal, ended.stderr], [0, null, ''])
  })
}

test('a signal during the start lets the start finish, and then stops the service', async (t) => {
  const folder = createTempFolder(t)
  const file = join(folder, 'data/latchkey.sqlite')
  const first = await startLatchkeyProcess(t, { folder })
  await first.stop()

  const db = new DatabaseSync(file)
  db.exec('begin immediate')
  const latchkey = await spawnLatchkey(t, { folder })
  await waitUntil(() => opens(latchkey.pid, file))
  latchkey.kill('SIGTERM')
  db.close()

  const ended = await latchkey.result
  assert.deepEqual([ended.code, ended.signal, ended.stderr], [0, null, ''])
})

test('a request that has only partly arrived is still answered', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  const socket = connect(latchkey.port, '127.0.0.1')
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n')
  // The response to a later request shows that the service has read this part.
  await fetch(`${latchkey.origin}/health/live`)

  latchkey.kill('SIGTERM')
  await waitUntil(() => refuses(latchkey.port))
  socket.write('\r\n')

  const answer = await text(socket)
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  assert.match(answer, /\r\nconnection: close\r\n/i)
  assert.equal((await latchkey.result).code, 0)
})

test('on shutdown the service is not ready at once and accepts requests for a while', async (t) => {
  const latchkey = await startLatchkeyProcess(t, { environment: { LATCHKEY_SHUTDOWN_DELAY: '60' } })
  const agent = keepAlive(t)
  latchkey.kill('SIGTERM')
  await waitUntil(async () => (await fetch(`${latchkey.origin}/health/ready`)).status === 503)
  const ready = await fetch(`${latchkey.origin}/health/ready`)
  assert.equal(ready.headers.get('retry-after'), '5')
  assert.equal(((await ready.json()) as { code: string }).code, 'unavailable')
  // Clients that have not noticed are served, and must reconnect for the next request.
  const answer = await answerTo(get(agent, latchkey.port))
  answer.resume()
  assert.deepEqual([answer.statusCode, answer.headers.connection], [200, 'close'])

  // A second signal stops the service at once. One too soon would count as a repeated first.
  await waitUntil(() => {
    latchkey.kill('SIGTERM')
    return !latchkey.isRunning
  })
  assert.equal((await latchkey.result).code, 143)
})

test('the service stops cleanly after the shutdown delay', async (t) => {
  const latchkey = await startLatchkeyProcess(t, { environment: { LATCHKEY_SHUTDOWN_DELAY: '1' } })
  const ended = await latchkey.stop()
  assert.deepEqual([ended.code, ended.signal, ended.stderr], [0, null, ''])
})

test('a silent mail server delays shutdown by seconds only, and the email is not lost', async (t) => {
  let connections = 0
  const port = await startTcpServer(t, (socket) => {
    connections += 1
    t.after(() => socket.destroy())
  })
  const mail = {
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${port}`,
    LATCHKEY_MAIL_FROM: 'a@example.com',
  }
  const latchkey = await startLatchkeyProcess(t, { environment: mail })
  await fetch(`${latchkey.origin}/auth/SignUp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'a long sentence' }),
  })
  await waitUntil(() => connections > 0)
  const ended = await latchkey.stop()
  // A container is killed after ten seconds.
  assert.deepEqual([ended.code, ended.signal], [0, null])
  assert.match(ended.stdout, /stopped with messages in flight/)
  const db = new DatabaseSync(join(latchkey.folder, 'data/latchkey.sqlite'))
  const [row] = db.prepare('select sent_at, failed_at, secret_sealed from outbox').all()
  db.close()
  assert.deepEqual([row?.sent_at, row?.failed_at], [null, null])
  assert.ok(row?.secret_sealed)
})

test('the service does not outlive the shell in which npm started it', async (t) => {
  const port = await findFreePort()
  const shell = spawn('sh', ['-c', '"$0" "$1" & echo $!; wait', process.execPath, main], {
    cwd: createTempFolder(t),
    env: {
      PATH: process.env.PATH,
      LATCHKEY_PORT: String(port),
      npm_lifecycle_event: 'start',
    },
  })
  const [first] = await once(shell.stdout.setEncoding('utf8'), 'data')
  const pid = Number.parseInt(first, 10)
  t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'))
  await waitUntil(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(no))?.ok)

  // npm forwards a signal to its shell, which does not forward it to the service.
  shell.kill('SIGKILL')
  await waitUntil(() => !isAlive(pid))
})

function keepAlive(t: TestContext): Agent {
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  return agent
}

function get(agent: Agent, port: number): ClientRequest {
  return request({ agent, host: '127.0.0.1', port, path: '/health/live' }).end()
}

async function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [answer] = await once(sent, 'response')
  return answer
}

/** Whether a process has a file open. */
function opens(pid: number, file: string): boolean {
  const descriptors = `/proc/${pid}/fd`
  return readdirSync(descriptors).some((fd) => readLink(`${descriptors}/${fd}`) === file)
}

/** The target of a link; undefined if it is gone by now. */
function readLink(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false }) && readlinkSync(path)
}

/** Whether the port refuses connections. */
function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true))
    socket.once('connect', () => socket.destroy())
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const no = () => undefined
