/** A line of a file that may be larger than the memory. */
export interface Line {
  /** Counted from one. */
  number: number
  /** Without its end; undefined if it is no UTF-8, or longer than it may be. */
  text: string | undefined
  /** How many bytes of the file are behind us with it. */
  bytesRead: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Reads the lines of UTF-8 text, one at a time. @param maxBytes bytes that a line may have */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line> {
  // Takes a byte order mark away where the text begins with one; within, it is a letter.
  const firstLineDecoder = new TextDecoder('utf-8', { fatal: true })
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let parts: Uint8Array[] = []
  let length = 0
  let number = 0
  let bytes = 0

  for await (const chunk of chunks) {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(lineFeed, from)
      append(chunk.subarray(from, end === -1 ? undefined : end))
      if (end === -1) break
      bytes += 1
      yield takeLine()
      from = end + 1
    }
  }
  if (length > 0) yield takeLine()

  function append(part: Uint8Array) {
    bytes += part.length
    length += part.length
    // Of one that is too long nothing is kept but that it was.
    if (length > maxBytes) parts = []
    else if (part.length > 0) parts.push(part)
  }

  function takeLine(): Line {
    number += 1
    const lineBytes = length > maxBytes ? undefined : Buffer.concat(parts)
    parts = []
    length = 0
    return { number, text: lineBytes && decode(lineBytes), bytesRead: bytes }
  }

  function decode(lineBytes: Buffer): string | undefined {
    const line = lineBytes.at(-1) === carriageReturn ? lineBytes.subarray(0, -1) : lineBytes
    try {
      return (number === 1 ? firstLineDecoder : decoder).decode(line)
    } catch {
      return undefined
    }
  }
}
