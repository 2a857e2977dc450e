import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A TCP proxy to PostgreSQL that simulates the failures of a database. */
export interface FaultyProxy {
  /** The database, reached through the proxy. */
  url: string
  /** Closes all connections and accepts no new ones, like a stopped server. */
  disconnect(): Promise<void>
  /** Keeps the connections and forwards nothing, like a server that hangs. */
  freeze(): void
  /** Closes one connection instead of forwarding the response to a message that contains `text`. */
  dropResponseTo(text: string): void
  /** Forwards again, beginning with the bytes that were held back. */
  recover(): Promise<void>
}

export async function startFaultyProxy(
  t: Pick<TestContext, 'after'>,
  databaseUrl: string,
): Promise<FaultyProxy> {
  const { hostname, port: upstreamPort } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let frozen = false
  let dropTrigger: string | undefined

  const server = createServer((client) => {
    const upstream = connect(Number(upstreamPort), hostname)
    let dropping = false
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      if (frozen) from.pause()
      from.on('data', (chunk) => {
        if (from === client && dropTrigger !== undefined && chunk.includes(dropTrigger)) {
          dropping = true
          dropTrigger = undefined
        }
        if (dropping && from === upstream) from.destroy()
        else to.write(chunk)
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const closeAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.after(() => {
    server.close()
    closeAll()
  })

  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    async disconnect() {
      const closed = once(server, 'close')
      server.close()
      closeAll()
      await closed
    },
    freeze() {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    dropResponseTo(text) {
      dropTrigger = text
    },
    async recover() {
      frozen = false
      for (const socket of sockets) socket.resume()
      if (server.listening) return
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}
