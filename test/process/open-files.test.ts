/** The service stays usable when it runs out of file descriptors, and says what to do. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type LatchkeyProcess, startLatchkeyProcess, waitUntil } from '../support/process.ts'

// Abuse case (Overload): Open connections used up the file descriptors, and nothing said so.
test('more connections than descriptors are refused and logged, and the accepted ones are served', async (t) => {
  const wrapper = ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh']
  const latchkey = await startLatchkeyProcess(t, { wrapper })
  const accepted = await open(t, latchkey)
  const others = await Promise.all(Array.from({ length: 100 }, () => open(t, latchkey)))
  await waitUntil(() => others.filter(({ destroyed }) => destroyed).length > 50)
  const refusals = () => latchkey.stdout.match(/"connections refused: raise the limit/g) ?? []
  await waitUntil(() => refusals().length > 0)

  // The database and the files of the pages are still read.
  for (const path of ['/health/ready', '/signin']) {
    accepted.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const [answer] = await once(accepted, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 200 /)
    accepted.removeAllListeners('data')
  }
  for (const socket of others) socket.destroy()
  await latchkey.waitUntilReady()
  assert.equal(refusals().length, 1, 'logged once a minute at most')
})

async function open(t: TestContext, { port }: LatchkeyProcess): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  // Reads, to notice that the service closes it.
  socket.resume()
  return socket
}
