/** Work that waits its turn, a fixed number at a time. */
export interface Semaphore {
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** How many wait for their turn now. */
  readonly waiting: number
}

/** @param capacity how many run at once */
export function createSemaphore(capacity: number): Semaphore {
  const waiters: (() => void)[] = []
  let inUse = 0

  return {
    get waiting() {
      return waiters.length
    },

    async run(work) {
      if (inUse === capacity) await new Promise<void>((resolve) => waiters.push(resolve))
      else inUse += 1
      try {
        return await work()
      } finally {
        // The place is handed on, not given up, so that nobody slips in between.
        const next = waiters.shift()
        if (next) next()
        else inUse -= 1
      }
    },
  }
}

/** Work that waits its turn behind other work of the same name, a fixed number at a time. */
export interface KeyedSemaphore {
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result>
  /** How many wait for their turn behind work of this name now. */
  waiting(key: string): number
}

/** @param capacity how many of one name run at once */
export function createKeyedSemaphore(capacity: number): KeyedSemaphore {
  const semaphores = new Map<string, { semaphore: Semaphore; users: number }>()

  return {
    waiting: (key) => semaphores.get(key)?.semaphore.waiting ?? 0,

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
