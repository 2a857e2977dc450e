import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from './log.ts'

interface RepeatOptions {
  /** The pause from the end of a run to the next one. */
  everyMs: number
  /** The pause after a failed run; `everyMs` by default. */
  retryMs?: number
  /** The pause before the first run; `everyMs` by default. */
  firstRunMs?: number
  log: Log
  /** The message that is logged, as an error, for a failed run. */
  failure: string
  /** Fields that the log line of a failed run carries beside the error. */
  failureFields?: (error: unknown) => Record<string, unknown>
}

/**
 * Runs a background job until it is stopped. Runs never overlap. A failed run is logged and does not
 * end the job; a run that fails while stopping is not logged. The job does not keep the process alive.
 *
 * @param work one run; a long one ends early when `signal` aborts, which means that the job stops
 * @returns a function that stops the job and resolves after the run under way
 */
export function repeat(
  work: (signal: AbortSignal) => Promise<unknown>,
  { everyMs, retryMs = everyMs, firstRunMs = everyMs, log, failure, failureFields }: RepeatOptions,
): () => Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping

  async function runUntilStopped(): Promise<void> {
    for (let pauseMs = firstRunMs; ; ) {
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
      try {
        await work(signal)
        pauseMs = everyMs
      } catch (error) {
        if (!signal.aborted) log.error({ err: error, ...failureFields?.(error) }, failure)
        pauseMs = retryMs
      }
    }
  }

  const running = runUntilStopped()
  return async () => {
    stopping.abort()
    await running
  }
}
