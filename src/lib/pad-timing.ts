import { setTimeout as sleep } from 'node:timers/promises'

/** Several times what the work takes, and nothing that anybody feels. */
const stepMs = 25

/**
 * Has work take as long whatever it finds: it is over a whole number of steps after it began. What
 * is written down for an account that exists takes the database a fraction of a millisecond longer;
 * that must not show.
 */
export async function padTiming<Result>(work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  try {
    return await work()
  } finally {
    const steps = Math.ceil((performance.now() - startedAt) / stepMs)
    // In whole milliseconds, which is what timers know: a part of one would pass through.
    const endAt = Math.ceil(startedAt + steps * stepMs)
    while (performance.now() < endAt) await sleep(endAt - Math.floor(performance.now()))
  }
}
