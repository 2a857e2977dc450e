import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A line to PostgreSQL on which everything can happen that happens to a database. */
export interface DatabaseLine {
  /** Where PostgreSQL is found at its other end. */
  url: string
  /** Hangs up and takes no call, as a server that was stopped. */
  cut(): Promise<void>
  /** Keeps every connection and says nothing any more, as a server that hangs. */
  silence(): void
  /** Hangs up once, in place of the answer to the first message that says this. */
  loseAnswerTo(said: string): void
  /** From here on everything goes through again; what was held back first of all. */
  mend(): Promise<void>
}

export async function startDatabaseLine(
  t: Pick<TestContext, 'after'>,
  databaseUrl: string,
): Promise<DatabaseLine> {
  const { hostname, port: theirs } = new URL(databaseUrl)
  const open = new Set<Socket>()
  let silent = false
  let lost: string | undefined

  const server = createServer((client) => {
    const upstream = connect(Number(theirs), hostname)
    let losing = false
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      if (silent) from.pause()
      from.on('data', (chunk) => {
        if (from === client && lost !== undefined && chunk.includes(lost)) {
          losing = true
          lost = undefined
        }
        if (losing && from === upstream) from.destroy()
        else to.write(chunk)
      })
      from.on('error', () => {})
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const hangUp = () => {
    for (const socket of open) socket.destroy()
  }
  t.after(() => {
    server.close()
    hangUp()
  })

  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    async cut() {
      const closed = once(server, 'close')
      server.close()
      hangUp()
      await closed
    },
    silence() {
      silent = true
      for (const socket of open) socket.pause()
    },
    loseAnswerTo(said) {
      lost = said
    },
    async mend() {
      silent = false
      for (const socket of open) socket.resume()
      if (server.listening) return
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}
