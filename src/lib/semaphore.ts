/** Limits concurrency to a fixed number of permits. Waiters get permits in the order of arrival. */
export interface Semaphore {
  /**
   * Takes a permit, waiting for one if none is free.
   *
   * @throws the reason given to `rejectWaiters`; Error after the timeout
   */
  acquire(): Promise<void>
  release(): void
  /** Runs `work` while holding a permit. @throws as `acquire` does, and what `work` throws */
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** Rejects every waiter, for when no permit is expected soon. */
  rejectWaiters(reason: unknown): void
  /** The number of callers that wait for a permit. */
  readonly waiting: number
}

/** @param capacity number of permits; @param timeoutMs longest wait for one */
export function createSemaphore(capacity: number, timeoutMs = Number.POSITIVE_INFINITY): Semaphore {
  const waiters = new Set<PromiseWithResolvers<void>>()
  let inUse = 0

  async function acquire(): Promise<void> {
    if (inUse < capacity) inUse += 1
    else await wait()
  }

  async function wait(): Promise<void> {
    const waiter = Promise.withResolvers<void>()
    waiters.add(waiter)
    const timeout = Number.isFinite(timeoutMs)
      ? setTimeout(() => {
          waiter.reject(new Error(`All ${capacity} permits were in use for ${timeoutMs} ms.`))
        }, timeoutMs)
      : undefined
    try {
      await waiter.promise
    } finally {
      clearTimeout(timeout)
      waiters.delete(waiter)
    }
  }

  function release(): void {
    // A waiter inherits the permit directly: a newcomer cannot take it in between.
    const [next] = waiters
    if (next) {
      waiters.delete(next)
      next.resolve()
    } else inUse -= 1
  }

  return {
    acquire,
    release,

    async run(work) {
      // Without a wait, work starts synchronously: its own bookkeeping sees no gap.
      if (inUse < capacity) inUse += 1
      else await wait()
      try {
        return await work()
      } finally {
        release()
      }
    },

    rejectWaiters(reason) {
      for (const waiter of waiters) waiter.reject(reason)
      waiters.clear()
    },

    get waiting() {
      return waiters.size
    },
  }
}

/** One semaphore per key, created on demand. */
export interface KeyedSemaphore {
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result>
}

/** @param capacity number of permits per key */
export function createKeyedSemaphore(capacity: number): KeyedSemaphore {
  const semaphores = new Map<string, { semaphore: Semaphore; users: number }>()

  return {
    async run(key, work) {
      const entry = semaphores.get(key) ?? { semaphore: createSemaphore(capacity), users: 0 }
      semaphores.set(key, entry)
      entry.users += 1
      try {
        return await entry.semaphore.run(work)
      } finally {
        entry.users -= 1
        if (entry.users === 0) semaphores.delete(key)
      }
    },
  }
}
