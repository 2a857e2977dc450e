import { minute, now, second } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/** Logs outages of the database, from the success or failure of each statement. */
export interface OutageLog {
  /** @param cause the error that made the database unavailable */
  recordFailure(cause: unknown): void
  recordSuccess(): void
}

/** For commands, which report a failure themselves. */
export const noOutageLog: OutageLog = { recordFailure() {}, recordSuccess() {} }

/** The database counts as recovered after 5 s without a failure, so flapping is not logged. */
const recoveredAfterMs = 5 * second

/**
 * Logs that the database is unavailable, at most once a minute, and that it is available again. Before
 * the first success nothing is logged: the start reports its own failure.
 */
export function createOutageLog(log: Log): OutageLog {
  let failures = 0
  let lastFailure = 0
  let loggedAt = 0
  let isDown = false
  let hasSucceeded = false

  return {
    recordFailure(cause) {
      failures += 1
      lastFailure = now()
      if (!hasSucceeded || lastFailure - loggedAt < minute) return
      log.error({ err: cause, failures }, 'database unavailable')
      loggedAt = lastFailure
      failures = 0
      isDown = true
    },

    recordSuccess() {
      hasSucceeded = true
      if (!isDown || now() - lastFailure < recoveredAfterMs) return
      log.info('database available again')
      isDown = false
      loggedAt = 0
    },
  }
}
