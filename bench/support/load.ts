import { setTimeout as sleep } from 'node:timers/promises'
import { Caller, timed } from './caller.ts'

/** What a load came to. Times in milliseconds. */
export interface Load {
  perSecond: number
  p50: number
  p99: number
}

/** As many clients as speak to the service at once, unless a measure says otherwise. */
export const callerCount = 32

export async function withCallers<Result>(
  port: number,
  use: (callers: Caller[]) => Promise<Result>,
  count = callerCount,
): Promise<Result> {
  const callers = await Promise.all(Array.from({ length: count }, () => Caller.connect(port)))
  try {
    return await use(callers)
  } finally {
    for (const caller of callers) caller.close()
  }
}

/** Every caller takes one item after another, until all are done. */
export async function forEach<Item>(
  callers: Caller[],
  items: Iterable<Item>,
  task: (caller: Caller, item: Item) => Promise<unknown>,
): Promise<Load> {
  const times: number[] = []
  const rest = items[Symbol.iterator]()
  const totalMs = await timed(() =>
    Promise.all(
      callers.map(async (caller) => {
        for (let next = rest.next(); !next.done; next = rest.next()) {
          times.push(await timed(() => task(caller, next.value)))
        }
      }),
    ),
  )
  return { perSecond: times.length / (totalMs / 1000), ...percentiles(times) }
}

/** The items over and over, for as long as that. */
export function* during<Item>(ms: number, items: readonly Item[]): Generator<Item> {
  const end = Date.now() + ms
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
export async function paced<Item>(
  callers: Caller[],
  perSecond: number,
  items: Iterable<Item>,
  task: (caller: Caller, item: Item) => Promise<unknown>,
): Promise<Load> {
  const begun = performance.now()
  const times: Promise<number>[] = []
  for (const item of items) {
    const due = begun + (times.length * 1000) / perSecond
    await sleep(Math.max(0, due - performance.now()))
    const caller = callers[times.length % callers.length]
    if (!caller) throw new Error('There are no callers.')
    times.push(task(caller, item).then(() => performance.now() - due))
  }
  return { perSecond, ...percentiles(await Promise.all(times)) }
}

export function percentiles(times: number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

export const median = (values: number[]): number => percentiles(values).p50
