import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

export interface ApiRequest {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  token?: string
  body?: unknown
}

export interface ApiResponse {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
  body: any
}

/**
 * A client with one persistent connection. It implements just enough HTTP/1.1 on a bare socket: a full
 * client would use more CPU than the service that is measured.
 */
export class HttpClient {
  readonly #socket: Socket
  #received = ''
  #waiting: PromiseWithResolvers<ApiResponse> | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay()
    // One character per byte, so that Content-Length counts characters.
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => this.#read(chunk))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('The connection was closed.')))
  }

  static connect(port: number): Promise<HttpClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('error', reject).once('connect', () => {
        socket.off('error', reject)
        resolve(new HttpClient(socket))
      })
    })
  }

  /** Sends a request; await the response before the next one. @throws Error unless it has `status` */
  async expect(status: number, request: ApiRequest): Promise<ApiResponse['body']> {
    const response = await this.send(request)
    // A fast error would pass for a fast response.
    if (response.status === status) return response.body
    const { method, path } = request
    throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`)
  }

  send({ method, path, token, body }: ApiRequest): Promise<ApiResponse> {
    const payload = body === undefined ? '' : JSON.stringify(body)
    this.#waiting = Promise.withResolvers()
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n` +
        (token === undefined ? '' : `authorization: Bearer ${token}\r\n`) +
        (payload === ''
          ? '\r\n'
          : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`),
    )
    return this.#waiting.promise
  }

  #read(chunk: string): void {
    this.#received += chunk
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = this.#received.slice(0, headEnd)
    const length = Number(/\ncontent-length: (\d+)/i.exec(head)?.[1])
    const content = this.#received.slice(headEnd + 4)
    if (content.length < length) return

    this.#received = ''
    const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
    const body = length > 0 ? JSON.parse(Buffer.from(content, 'latin1').toString()) : undefined
    this.#waiting?.resolve({ status, body })
    this.#waiting = undefined
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** How long `work` takes, in milliseconds. */
export async function measureMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
