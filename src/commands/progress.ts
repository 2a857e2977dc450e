import type { WriteStream } from 'node:tty'

export interface Progress {
  show(doing: string, done: number, of: number): void
  /** Leaves the line to whatever is printed next. */
  end(): void
}

/** Often enough to see that it goes on. */
const everyMs = 100
/** The same for a log, in which every line stays. */
const everyLineMs = 5000

/** How far something has come: a bar on a terminal, else a line now and then. */
export function progressOn(stream: WriteStream): Progress {
  let current = ''
  let shownAt = 0
  const bar = stream.isTTY
  return {
    show(doing, done, of) {
      const at = performance.now()
      const changes = doing !== current || done === of
      if (!changes && at - shownAt < (bar ? everyMs : everyLineMs)) return
      current = doing
      shownAt = at
      const counted = `${done.toLocaleString('en')} of ${of.toLocaleString('en')}`
      stream.write(
        bar ? `\r\x1b[K${drawn(done, of)} ${doing}, ${counted}` : `${doing}: ${counted}\n`,
      )
    },
    end() {
      if (bar && current !== '') stream.write('\r\x1b[K')
    },
  }
}

function drawn(done: number, of: number): string {
  const width = 24
  const full = of === 0 ? width : Math.round((width * done) / of)
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`
}
