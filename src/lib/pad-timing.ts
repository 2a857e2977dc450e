import { setTimeout as sleep } from 'node:timers/promises'

/** Several times the usual duration of the work, yet imperceptible. */
const stepMs = 25

/**
 * Pads the duration of work to a multiple of a fixed step. Extra writes for an existing account take
 * a fraction of a millisecond; without padding, timing would reveal that the account exists.
 */
export async function padTiming<Result>(work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  try {
    return await work()
  } finally {
    const steps = Math.ceil((performance.now() - startedAt) / stepMs)
    // Whole milliseconds, the resolution of timers: a remainder would leak the duration.
    const endAt = Math.ceil(startedAt + steps * stepMs)
    while (performance.now() < endAt) await sleep(endAt - Math.floor(performance.now()))
  }
}
