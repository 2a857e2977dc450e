import { connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'

/** Starts a TCP proxy to a local port that delays every response by `delayMs`. */
export async function startSlowProxy(
  t: TestContext,
  { port, upstreamPort, delayMs }: { port: number; upstreamPort: number; delayMs: number },
): Promise<void> {
  const server = createServer((client) => {
    const upstream = connect(upstreamPort, 'localhost')
    client.pipe(upstream)
    upstream.on('data', (bytes) =>
      setTimeout(() => client.writable && client.write(bytes), delayMs),
    )
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.on('close', () =>
        setTimeout(() => [client, upstream].map((one) => one.destroy()), delayMs),
      )
    }
  })
  await new Promise<void>((listening) => server.listen(port, 'localhost', listening))
  t.after(() => server.close())
}
