/** A line of a file that may be larger than the memory. */
export interface Line {
  /** Counted from one. */
  number: number
  /** Without its end; undefined if it is no UTF-8, or longer than it may be. */
  text: string | undefined
  /** How many bytes of the file are behind us with it. */
  bytes: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Reads the lines of UTF-8 text, one at a time. @param longest bytes that a line may have */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<Line> {
  // Takes a byte order mark away where the text begins with one; within, it is a letter.
  const firstUtf8 = new TextDecoder('utf-8', { fatal: true })
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let parts: Uint8Array[] = []
  let length = 0
  let number = 0
  let bytes = 0

  for await (const chunk of chunks) {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(lineFeed, from)
      keep(chunk.subarray(from, end === -1 ? undefined : end))
      if (end === -1) break
      bytes += 1
      yield finish()
      from = end + 1
    }
  }
  if (length > 0) yield finish()

  function keep(part: Uint8Array) {
    bytes += part.length
    length += part.length
    // Of one that is too long nothing is kept but that it was.
    if (length > longest) parts = []
    else if (part.length > 0) parts.push(part)
  }

  function finish(): Line {
    number += 1
    const whole = length > longest ? undefined : Buffer.concat(parts)
    parts = []
    length = 0
    return { number, text: whole && decode(whole), bytes }
  }

  function decode(whole: Buffer): string | undefined {
    const line = whole.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole
    try {
      return (number === 1 ? firstUtf8 : utf8).decode(line)
    } catch {
      return undefined
    }
  }
}
