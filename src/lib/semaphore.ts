/** A fixed number of places. Whoever finds none free waits in line, but not for ever. */
export interface Semaphore {
  /** @throws what `sendAway` was given, or Error after waiting too long */
  acquire(): Promise<void>
  release(): void
  /** Has everybody who waits give up: what they wait for won't come soon. */
  rejectWaiters(reason: unknown): void
}

/** @param capacity how many there are; @param timeoutMs how long one waits at most */
export function createSemaphore(capacity: number, timeoutMs: number): Semaphore {
  const waiters = new Set<PromiseWithResolvers<void>>()
  let inUse = 0

  return {
    async acquire() {
      if (inUse < capacity) {
        inUse += 1
        return
      }
      const waiter = Promise.withResolvers<void>()
      waiters.add(waiter)
      const timeout = setTimeout(() => {
        waiter.reject(new Error(`All ${capacity} places were taken for ${timeoutMs} ms.`))
      }, timeoutMs)
      try {
        await waiter.promise
      } finally {
        clearTimeout(timeout)
        waiters.delete(waiter)
      }
    },

    release() {
      // The place is handed on, not given up, so that nobody slips in between.
      const [next] = waiters
      if (next) {
        waiters.delete(next)
        next.resolve()
      } else inUse -= 1
    },

    rejectWaiters(reason) {
      for (const waiter of waiters) waiter.reject(reason)
      waiters.clear()
    },
  }
}
