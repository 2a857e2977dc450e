/**
 * Limits concurrency to a fixed number of permits, and shares them fairly between clients.
 *
 * **The rule.** A caller that finds no free permit waits in the line of its client. The lines take
 * turns: a released permit goes to the first caller of the next line, however long the others are. When
 * as many callers wait as may, the longest line, counted with the newcomer, loses its newest caller.
 *
 * **The bound.** The first caller of a line waits for at most one caller of every other line. It is
 * turned away only while every line has one caller, so that as many clients wait as callers may. A
 * client that is alone may use all permits.
 */
export interface FairSemaphore {
  /**
   * Runs `work` while holding a permit.
   *
   * @param client the key of the line
   * @throws the error of `turnAway`, at once or while waiting, and the errors of `work`
   */
  run<Result>(client: string, work: () => Promise<Result>): Promise<Result>
  /** The number of callers that hold a permit or wait for one. */
  readonly pending: number
}

type Waiter = PromiseWithResolvers<void>

/**
 * @param options.permits number of callers that run at once
 * @param options.maxWaiting number of callers that may wait now
 * @param options.turnAway called for each caller that is turned away; returns the error that it gets
 */
export function createFairSemaphore(options: {
  permits: number
  maxWaiting: () => number
  turnAway: () => Error
}): FairSemaphore {
  const { permits, maxWaiting, turnAway } = options
  /** The waiting callers of each client, in the order of their turns. No line is empty. */
  const lines = new Map<string, Waiter[]>()
  let running = 0
  let waiting = 0

  async function acquire(client: string): Promise<void> {
    if (running < permits) {
      running += 1
      return
    }
    if (waiting >= maxWaiting()) shortenLongestLine(client)
    const waiter = Promise.withResolvers<void>()
    const line = lines.get(client)
    if (line) line.push(waiter)
    else lines.set(client, [waiter])
    waiting += 1
    await waiter.promise
  }

  /** @throws the error of `turnAway` if the newcomer’s own line is the longest */
  function shortenLongestLine(newcomer: string): void {
    let longest: Waiter[] | undefined
    let length = (lines.get(newcomer)?.length ?? 0) + 1
    for (const line of lines.values()) {
      if (line.length > length) {
        longest = line
        length = line.length
      }
    }
    if (!longest) throw turnAway()
    // The line keeps a caller: it was longer than the newcomer’s, which has one at least.
    longest.pop()?.reject(turnAway())
    waiting -= 1
  }

  /** Hands the permit on to the next line, whose turn comes again after all others. */
  function release(): void {
    const [next] = lines
    if (!next) {
      running -= 1
      return
    }
    const [client, line] = next
    lines.delete(client)
    line.shift()?.resolve()
    waiting -= 1
    if (line.length > 0) lines.set(client, line)
  }

  return {
    async run(client, work) {
      await acquire(client)
      try {
        return await work()
      } finally {
        release()
      }
    },

    get pending() {
      return running + waiting
    },
  }
}
