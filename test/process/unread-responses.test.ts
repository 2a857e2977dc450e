/** Clients that send requests and read no responses. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LatchkeyProcess, startLatchkeyProcess } from '../support/process.ts'

/** The smallest machine of docs/sizing.md has 512 MB, not all of it for the process. */
const maxMegabytes = 300
/** Node collects garbage as late as the memory of the machine allows. */
const environment = { NODE_OPTIONS: '--max-old-space-size=96' }

// Abuse case (Overload): One connection that pipelined requests and read no responses ended the process.
test('unread pipelines of every kind of response leave the memory of the process as it was', async (t) => {
  const latchkey = await startLatchkeyProcess(t, { environment })
  const accessToken = await signUp(latchkey)
  const kinds: Record<string, [path: string, ...headers: string[]]> = {
    'a 404': ['/nope'],
    'a health check': ['/health/live'],
    'a page': ['/signin'],
    'a redirect': ['/docs/'],
    'a script of the pages': [await findUrl(latchkey, '/signin', /\/assets\/[^"]+\.js/)],
    'a compressed document': ['/openapi.json', 'Accept-Encoding: br'],
    'an uncompressed document': ['/openapi.json'],
    'the script of the reference': [await findUrl(latchkey, '/docs', /docs\/scalar[^"]+/)],
    'the settings': ['/settings', `Authorization: Bearer ${accessToken}`],
    'the activity': ['/settings/Activity', `Authorization: Bearer ${accessToken}`],
    'captured messages': ['/dev/Messages'],
    'the metrics': ['/metrics'],
  }
  const large = format(kinds['the script of the reference']?.[0] ?? '')
  for (const [kind, [path, ...headers]] of Object.entries(kinds)) {
    assert.ok((await get(latchkey, path, headers)).status < 500)
    const request = format(path, ...headers)
    await t.test(kind, (t) => assertMemoryHolds(t, latchkey, { large, request }))
  }
})

/**
 * Opens 60 connections that send one request, and 20 that send 1 MiB of them after some for a large
 * response. None reads anything.
 */
async function assertMemoryHolds(
  t: TestContext,
  latchkey: LatchkeyProcess,
  { large, request }: { large: string; request: string },
) {
  // Resets the highest value (proc(5), clear_refs).
  writeFileSync(`/proc/${latchkey.pid}/clear_refs`, '5')
  const pipeline = large.repeat(5) + request.repeat(Math.ceil((1024 * 1024) / request.length))
  const sockets = Array.from({ length: 80 }, (_, i) => {
    const socket = connect(latchkey.port, '127.0.0.1').pause()
    socket.on('error', () => {})
    socket.write(i < 60 ? request : pipeline)
    return socket
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  // Until the service rests.
  for (let idleChecks = 0, ticks = 0; idleChecks < 5; ) {
    await sleep(100)
    const megabytes = residentMegabytes(latchkey)
    if (megabytes > maxMegabytes) latchkey.kill('SIGKILL')
    assert.ok(megabytes <= maxMegabytes, `the process takes ${Math.round(megabytes)} MB`)
    const before = ticks
    ticks = cpuTicks(latchkey)
    idleChecks = ticks - before <= 1 ? idleChecks + 1 : 0
  }
  t.diagnostic(`${Math.round(residentMegabytes(latchkey))} MB at most`)
  assert.equal((await get(latchkey, '/health/ready', [])).status, 200)
}

function format(path: string, ...headers: string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

/** The most memory that the process has taken so far. */
function residentMegabytes({ pid }: LatchkeyProcess): number {
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  assert.ok(kilobytes, 'the process ended')
  return Number(kilobytes) / 1024
}

/** User and system time of the process, in hundredths of a second. */
function cpuTicks({ pid }: LatchkeyProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')
  return Number(fields[13]) + Number(fields[14])
}

async function signUp(latchkey: LatchkeyProcess): Promise<string> {
  const email = 'ada@example.com'
  await post(latchkey, '/auth/SignUp', { email, password: 'a long sentence of hers' })
  const { text } = await get(latchkey, `/dev/Messages?to=${email}`, [])
  const code = /\b[0-9]{6}\b/.exec(JSON.parse(text).messages[0].text)?.[0]
  return (await post(latchkey, '/auth/SignUp/Verify', { email, code })).accessToken ?? ''
}

async function post({ origin }: LatchkeyProcess, path: string, body: object) {
  const response = await fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as { accessToken?: string }
}

async function get({ origin }: LatchkeyProcess, path: string, headers: string[]) {
  const response = await fetch(origin + path, {
    redirect: 'manual',
    headers: headers.map((line) => line.split(': ') as [string, string]),
  })
  return { status: response.status, text: await response.text() }
}

/** The first URL on a page that matches. */
async function findUrl(latchkey: LatchkeyProcess, page: string, pattern: RegExp): Promise<string> {
  const { text } = await get(latchkey, page, [])
  const [url] = pattern.exec(text) ?? []
  assert.ok(url, `${page} has no ${pattern}`)
  return url.startsWith('/') ? url : `/${url}`
}
