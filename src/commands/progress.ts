import type { WriteStream } from 'node:tty'

/** How far something has come: a bar at the bottom of a terminal. */
export interface Progress {
  /**
   * @param words what is being done, or has been
   * @param share of all, from 0 to 1; undefined if nobody knows
   */
  show(words: string, share: number | undefined): void
  /** Prints whole lines where the bar stands, which moves down. */
  above(lines: string): void
  /** Leaves the line to whatever is printed next. */
  clear(): void
}

/** Often enough to see that it goes on. */
const everyMs = 100

const width = 24

/** Carriage return, and erase to the end of the line (ECMA-48 EL). */
const wipe = '\r\x1b[K'

export function progressOn(stream: WriteStream): Progress {
  let shownAt = 0
  return {
    show(words, share) {
      const at = performance.now()
      if (!stream.isTTY || at - shownAt < everyMs) return
      shownAt = at
      stream.write(`${wipe}${share === undefined ? '' : `${bar(share)} `}${words}`)
    },
    above(lines) {
      stream.write(stream.isTTY ? wipe + lines : lines)
    },
    clear() {
      if (stream.isTTY) stream.write(wipe)
    },
  }
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, share) * width)
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`
}

/** In a log every line stays. */
const everyLineMs = 5000

/** The same for a log: a line when something begins or is done, and now and then between. */
export function progressLines(
  stream: WriteStream,
): (doing: string, done: number, of: number) => void {
  let current = ''
  let shownAt = 0
  return (doing, done, of) => {
    const at = performance.now()
    if (doing === current && done !== of && at - shownAt < everyLineMs) return
    current = doing
    shownAt = at
    stream.write(`${doing}: ${done.toLocaleString('en')} of ${of.toLocaleString('en')}\n`)
  }
}
