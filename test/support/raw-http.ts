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
