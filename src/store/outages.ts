import { minute, now, second } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/** Is told how each statement went. */
export interface Outages {
  /** @param cause why the database could not be used */
  failed(cause: unknown): void
  worked(): void
}

/** For commands: whoever typed one is told by how it ends. */
export const unheard: Outages = { failed() {}, worked() {} }

/** Back is what has failed nobody for so long: it may come and go. */
const calmMs = 5 * second

/**
 * Has the log say that the database is away, once a minute at most, and that it is back. Of one that
 * has never answered, the start says what is wrong.
 */
export function hearOutages(log: Log): Outages {
  let failures = 0
  let lastFailure = 0
  let said = 0
  let away = false
  let hasWorked = false

  return {
    failed(cause) {
      failures += 1
      lastFailure = now()
      if (!hasWorked || lastFailure - said < minute) return
      log.error({ err: cause, failures }, 'database unavailable')
      said = lastFailure
      failures = 0
      away = true
    },

    worked() {
      hasWorked = true
      if (!away || now() - lastFailure < calmMs) return
      log.info('database available again')
      away = false
      said = 0
    },
  }
}
