/** HTTP as bytes, for requests that no client would send. */
import { connect } from 'node:net'

export interface RawResponse {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  text: string
}

/** Sends bytes (a string as Latin-1) and reads until the service closes the connection. */
export async function sendRaw(
  { environment }: { environment: Record<string, string> },
  bytes: string | Uint8Array,
): Promise<RawResponse> {
  const socket = connect(Number(environment.LATCHKEY_PORT), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // The service may close the connection during the write; its response counts.
  socket.on('error', () => {})
  socket.setTimeout(10_000, () => socket.destroy())
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  await new Promise((closed) => socket.on('close', closed))
  return parseResponse(Buffer.concat(chunks).toString())
}

/**
 * Sends pipelined requests on one connection, and reads responses until there are `count` of them, or
 * the service closes the connection.
 */
export async function sendPipeline(
  { environment }: { environment: Record<string, string> },
  requests: string,
  count: number,
): Promise<RawResponse[]> {
  const socket = connect(Number(environment.LATCHKEY_PORT), '127.0.0.1')
  const responses: RawResponse[] = []
  let unread = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    for (let end = endOfResponse(unread); end !== undefined; end = endOfResponse(unread)) {
      responses.push(parseResponse(unread.subarray(0, end).toString()))
      unread = unread.subarray(end)
    }
    if (responses.length >= count) socket.destroy()
  })
  socket.on('error', () => {})
  socket.setTimeout(10_000, () => socket.destroy())
  socket.write(requests)
  await new Promise((closed) => socket.on('close', closed))
  return responses
}

/** The length of the first response in `bytes`; undefined while it is incomplete. */
function endOfResponse(bytes: Buffer): number | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const { headers } = parseResponse(bytes.subarray(0, headEnd + 4).toString())
  const end = headEnd + 4 + Number(headers['content-length'] ?? 0)
  return end <= bytes.length ? end : undefined
}

/** Formats a request line and headers, without the empty line. Requests `Connection: close`. */
export function formatRequestHead(method: string, path: string, ...headers: string[]): string {
  return [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    ...headers,
    '',
  ].join('\r\n')
}

function parseResponse(response: string): RawResponse {
  const end = response.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = response.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, text: response.slice(end + 4) }
}
