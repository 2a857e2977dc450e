import { setTimeout as sleep } from 'node:timers/promises'
import { HttpClient, measureMs } from './http-client.ts'
import type { Service } from './process.ts'

/** Throughput and latencies (in milliseconds) under a load. */
export interface LoadResult {
  calls: number
  perSecond: number
  p50: number
  p99: number
}

/** The usual number of concurrent clients. */
const usualClientCount = 32

/**
 * Each client processes one item after another, until none is left.
 *
 * @returns with the CPU time that the service took per call, in milliseconds
 */
export function loadService<Item>(
  service: Service,
  items: Iterable<Item>,
  task: (client: HttpClient, item: Item) => Promise<unknown>,
  clientCount = usualClientCount,
): Promise<LoadResult & { cpuMs: number }> {
  return withClients(
    service.port,
    async (clients) => {
      const before = service.cpuMs()
      const load = await runClosedLoop(clients, items, task)
      return { ...load, cpuMs: (service.cpuMs() - before) / load.calls }
    },
    clientCount,
  )
}

export async function withClients<Result>(
  port: number,
  use: (clients: HttpClient[]) => Promise<Result>,
  clientCount = usualClientCount,
): Promise<Result> {
  const clients = await Promise.all(
    Array.from({ length: clientCount }, () => HttpClient.connect(port)),
  )
  try {
    return await use(clients)
  } finally {
    for (const client of clients) client.close()
  }
}

/** Each client processes one item after another, until none is left. */
export async function runClosedLoop<Item>(
  clients: HttpClient[],
  items: Iterable<Item>,
  task: (client: HttpClient, item: Item) => Promise<unknown>,
): Promise<LoadResult> {
  const latenciesMs: number[] = []
  const iterator = items[Symbol.iterator]()
  const totalMs = await measureMs(() =>
    Promise.all(
      clients.map(async (client) => {
        for (let next = iterator.next(); !next.done; next = iterator.next()) {
          latenciesMs.push(await measureMs(() => task(client, next.value)))
        }
      }),
    ),
  )
  const calls = latenciesMs.length
  return { calls, perSecond: calls / (totalMs / 1000), ...percentiles(latenciesMs) }
}

/** Repeats the items for a duration. */
export function* repeatFor<Item>(durationMs: number, items: readonly Item[]): Generator<Item> {
  const end = Date.now() + durationMs
  for (;;) {
    for (const item of items) {
      if (Date.now() >= end) return
      yield item
    }
  }
}

/**
 * Sends requests at a fixed rate, whether or not earlier ones have been answered, and measures each
 * from when it was due: clients that wait for a response first would miss the worst latencies. A request
 * whose client still waits for its previous response is late, and measured all the same.
 */
export async function runOpenLoop<Item>(
  clients: HttpClient[],
  perSecond: number,
  items: Iterable<Item>,
  task: (client: HttpClient, item: Item) => Promise<unknown>,
): Promise<LoadResult> {
  const startedAt = performance.now()
  const turns = clients.map((client) => ({ client, answered: Promise.resolve<unknown>(undefined) }))
  const latenciesMs: Promise<number>[] = []
  for (const item of items) {
    const due = startedAt + (latenciesMs.length * 1000) / perSecond
    await sleep(Math.max(0, due - performance.now()))
    const turn = turns[latenciesMs.length % turns.length]
    if (!turn) throw new Error('There are no clients.')
    turn.answered = turn.answered.then(() => task(turn.client, item))
    latenciesMs.push(turn.answered.then(() => performance.now() - due))
  }
  const calls = latenciesMs.length
  return { calls, perSecond, ...percentiles(await Promise.all(latenciesMs)) }
}

function percentiles(times: number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

export const median = (values: number[]): number => percentiles(values).p50
