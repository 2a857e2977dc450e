import { setTimeout as sleep } from 'node:timers/promises'
import { HttpClient, measureMs } from './http-client.ts'

/** What a load came to. Times in milliseconds. */
export interface LoadResult {
  perSecond: number
  p50: number
  p99: number
}

/** As many clients as speak to the service at once, unless a measure says otherwise. */
export const clientCount = 32

export async function withClients<Result>(
  port: number,
  use: (clients: HttpClient[]) => Promise<Result>,
  count = clientCount,
): Promise<Result> {
  const clients = await Promise.all(Array.from({ length: count }, () => HttpClient.connect(port)))
  try {
    return await use(clients)
  } finally {
    for (const client of clients) client.close()
  }
}

/** Every caller takes one item after another, until all are done. */
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
  return { perSecond: latenciesMs.length / (totalMs / 1000), ...percentiles(latenciesMs) }
}

/** The items over and over, for as long as that. */
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
 * Calls at a fixed pace, whether the last one was answered or not, and counts from when each was
 * due: a client that waited before it asked would not see the worst.
 */
export async function runOpenLoop<Item>(
  clients: HttpClient[],
  perSecond: number,
  items: Iterable<Item>,
  task: (client: HttpClient, item: Item) => Promise<unknown>,
): Promise<LoadResult> {
  const startedAt = performance.now()
  const latenciesMs: Promise<number>[] = []
  for (const item of items) {
    const due = startedAt + (latenciesMs.length * 1000) / perSecond
    await sleep(Math.max(0, due - performance.now()))
    const client = clients[latenciesMs.length % clients.length]
    if (!client) throw new Error('There are no callers.')
    latenciesMs.push(task(client, item).then(() => performance.now() - due))
  }
  return { perSecond, ...percentiles(await Promise.all(latenciesMs)) }
}

export function percentiles(times: number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

export const median = (values: number[]): number => percentiles(values).p50
