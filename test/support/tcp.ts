import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A port that nothing listens on. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1)
  return port
}

/** Several ports that nothing listens on. All are bound before any is released, so they differ. */
export async function findFreePorts<Count extends keyof Ports>(
  count: Count,
): Promise<Ports[Count]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(servers.map((server) => listen(server)))
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports as Ports[Count]
}

interface Ports {
  1: [number]
  2: [number, number]
  3: [number, number, number]
  4: [number, number, number, number]
}

/** Starts a TCP server that stops with the test. @returns its port */
export function startTcpServer(
  t: TestContext,
  onConnection: (socket: Socket) => void,
): Promise<number> {
  const server = createServer(onConnection)
  t.after(() => server.close())
  return listen(server)
}

/** Starts an HTTP server that stops with the test and closes its connections. @returns its port */
export function startHttpServer(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createHttpServer(listener)
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return listen(server)
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}
