/** Work that waits its turn, a fixed number at a time. */
export interface Queue {
  run<Result>(work: () => Promise<Result>): Promise<Result>
  /** How many wait for their turn now. */
  readonly waiting: number
}

/** @param width how many run at once */
export function createQueue(width: number): Queue {
  const line: (() => void)[] = []
  let running = 0

  return {
    get waiting() {
      return line.length
    },

    async run(work) {
      if (running === width) await new Promise<void>((turn) => line.push(turn))
      else running += 1
      try {
        return await work()
      } finally {
        // The place is handed on, not given up, so that nobody slips in between.
        const next = line.shift()
        if (next) next()
        else running -= 1
      }
    },
  }
}

/** Work that waits its turn behind other work of the same name, a fixed number at a time. */
export interface Turns {
  run<Result>(name: string, work: () => Promise<Result>): Promise<Result>
  /** How many wait for their turn behind work of this name now. */
  waiting(name: string): number
}

/** @param width how many of one name run at once */
export function createTurns(width: number): Turns {
  const queues = new Map<string, { queue: Queue; users: number }>()

  return {
    waiting: (name) => queues.get(name)?.queue.waiting ?? 0,

    async run(name, work) {
      const entry = queues.get(name) ?? { queue: createQueue(width), users: 0 }
      queues.set(name, entry)
      entry.users += 1
      try {
        return await entry.queue.run(work)
      } finally {
        entry.users -= 1
        if (entry.users === 0) queues.delete(name)
      }
    },
  }
}
