import { minute, now, second } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/** Is told how each statement went. */
export interface OutageLog {
  /** @param cause why the database could not be used */
  recordFailure(cause: unknown): void
  recordSuccess(): void
}

/** For commands: whoever typed one is told by how it ends. */
export const noOutageLog: OutageLog = { recordFailure() {}, recordSuccess() {} }

/** Back is what has failed nobody for so long: it may come and go. */
const recoveredAfterMs = 5 * second

/**
 * Has the log say that the database is away, once a minute at most, and that it is back. Of one that
 * has never answered, the start says what is wrong.
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
