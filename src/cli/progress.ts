import type { WriteStream } from 'node:tty'

/** A progress bar at the bottom of a terminal. */
export interface ProgressBar {
  /**
   * Draws the bar.
   *
   * @param label the text beside it
   * @param fraction the part done, from 0 to 1; undefined if unknown
   */
  show(label: string, fraction: number | undefined): void
  /** Prints whole lines above the bar. */
  printAbove(lines: string): void
  /** Removes the bar, before other output. */
  clear(): void
}

/** Often enough to look alive. */
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

/** Less often than a bar, since a log keeps every line. */
const logEveryMs = 5000

/** Logs progress: a line when a phase begins and ends, and every few seconds between. */
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
