import { createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A port that nobody listens on now. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Listens for the length of a test, and does with every connection as it is told. */
export function startTcpServer(
  t: TestContext,
  onConnection: (socket: Socket) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer(onConnection).once('error', reject)
    t.after(() => server.close())
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}
