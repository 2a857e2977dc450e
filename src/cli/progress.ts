import type { WriteStream } from 'node:tty'

/** How far something has come: a bar at the bottom of a terminal. */
export interface ProgressBar {
  /**
   * @param label what is being done, or has been
   * @param fraction of all, from 0 to 1; undefined if nobody knows
   */
  show(label: string, fraction: number | undefined): void
  /** Prints whole lines where the bar stands, which moves down. */
  printAbove(lines: string): void
  /** Leaves the line to whatever is printed next. */
  clear(): void
}

/** Often enough to see that it goes on. */
const redrawEveryMs = 100

const width = 24

/** Carriage return, and erase to the end of the line (ECMA-48 EL). */
const clearLine = '\r\x1b[K'

export function createProgressBar(stream: WriteStream): ProgressBar {
  let shownAt = 0
  return {
    show(label, fraction) {
      const at = performance.now()
      if (!stream.isTTY || at - shownAt < redrawEveryMs) return
      shownAt = at
      stream.write(`${clearLine}${fraction === undefined ? '' : `${drawBar(fraction)} `}${label}`)
    },
    printAbove(lines) {
      stream.write(stream.isTTY ? clearLine + lines : lines)
    },
    clear() {
      if (stream.isTTY) stream.write(clearLine)
    },
  }
}

function drawBar(fraction: number): string {
  const filled = Math.round(Math.min(1, fraction) * width)
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`
}

/** In a log every line stays. */
const logEveryMs = 5000

/** The same for a log: a line when something begins or is done, and now and then between. */
export function createProgressLog(
  stream: WriteStream,
): (phase: string, done: number, total: number) => void {
  let current = ''
  let shownAt = 0
  return (phase, done, total) => {
    const at = performance.now()
    if (phase === current && done !== total && at - shownAt < logEveryMs) return
    current = phase
    shownAt = at
    stream.write(`${phase}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')}\n`)
  }
}
