/** A fixed number of places. Whoever finds none free waits in line, but not for ever. */
export interface Places {
  /** @throws what `sendAway` was given, or Error after waiting too long */
  take(): Promise<void>
  giveBack(): void
  /** Has everybody who waits give up: what they wait for won't come soon. */
  sendAway(why: unknown): void
}

/** @param count how many there are; @param longestMs how long one waits at most */
export function createPlaces(count: number, longestMs: number): Places {
  const line = new Set<PromiseWithResolvers<void>>()
  let taken = 0

  return {
    async take() {
      if (taken < count) {
        taken += 1
        return
      }
      const turn = Promise.withResolvers<void>()
      line.add(turn)
      const tooLong = setTimeout(() => {
        turn.reject(new Error(`All ${count} places were taken for ${longestMs} ms.`))
      }, longestMs)
      try {
        await turn.promise
      } finally {
        clearTimeout(tooLong)
        line.delete(turn)
      }
    },

    giveBack() {
      // The place is handed on, not given up, so that nobody slips in between.
      const [next] = line
      if (next) {
        line.delete(next)
        next.resolve()
      } else taken -= 1
    },

    sendAway(why) {
      for (const turn of line) turn.reject(why)
      line.clear()
    },
  }
}
