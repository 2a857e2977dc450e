/** A line of a streamed file. */
export interface Line {
  /** Starts at 1. */
  number: number
  /** Without its line ending; undefined if it is not UTF-8 or exceeds the limit. */
  text: string | undefined
  /** Bytes of the file read so far, including this line. */
  bytesRead: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Reads the lines of UTF-8 text one at a time. @param maxBytes longest line, in bytes */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line> {
  // Strips a byte order mark at the start of the text; elsewhere it is a character.
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
    // Nothing of an overlong line is kept in memory.
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
