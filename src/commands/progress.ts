/** A line at the bottom of a terminal that says how far something is. Elsewhere, nothing. */
export interface Progress {
  show(done: number, words: string): void
  /** Prints whole lines where the bar stands, which moves down. */
  above(lines: string): void
  clear(): void
}

const width = 20

/** Carriage return, and erase to the end of the line (ECMA-48 EL). */
const wipe = '\r\x1b[K'

/** @param all what `done` will be at the end; undefined if nobody knows: words alone are shown */
export function progressOn(stream: NodeJS.WriteStream, all: number | undefined): Progress {
  const isTerminal = stream.isTTY === true
  return {
    show(done, words) {
      if (!isTerminal) return
      const share = all ? Math.min(1, done / all) : undefined
      stream.write(`${wipe}${share === undefined ? '' : `${bar(share)}  `}${words}`)
    },
    above(lines) {
      stream.write(isTerminal ? wipe + lines : lines)
    },
    clear() {
      if (isTerminal) stream.write(wipe)
    },
  }
}

function bar(share: number): string {
  const full = Math.floor(share * width)
  const percent = String(Math.floor(share * 100)).padStart(3)
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}] ${percent} %`
}
