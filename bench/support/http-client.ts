import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ApiRequest {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  token?: string
  /** Sent instead of a token, with the `Origin` that browsers add. */
  cookie?: string
  body?: unknown
}

export interface ApiResponse {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
  body: any
  /** The cookie that the response sets. */
  cookie: string | undefined
  /** Seconds. */
  retryAfter: number | undefined
}

/**
 * A client with one persistent connection. It implements just enough HTTP/1.1 on a bare socket: a full
 * client would use more CPU than the service that is measured.
 */
export class HttpClient {
  readonly #socket: Socket
  readonly #origin: string
  #received = ''
  #waiting: PromiseWithResolvers<ApiResponse> | undefined

  private constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.#origin = `http://localhost:${port}`
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
        resolve(new HttpClient(socket, port))
      })
    })
  }

  /** Sends a request; await the response before the next one. @throws Error unless it has `status` */
  async expect(status: number, request: ApiRequest): Promise<ApiResponse['body']> {
    const response = await this.send(request)
    // A fast error would pass for a fast response.
    if (response.status !== status) throw unexpected(request, response)
    return response.body
  }

  /** Like `expect`, and repeats a request that is rejected for now, after the time that it asks for. */
  async expectPatiently(status: number, request: ApiRequest): Promise<ApiResponse['body']> {
    for (;;) {
      const response = await this.send(request)
      if (response.status === status) return response.body
      const { retryAfter } = response
      if (retryAfter === undefined) throw unexpected(request, response)
      await sleep(retryAfter * 1000)
    }
  }

  send({ method, path, token, cookie, body }: ApiRequest): Promise<ApiResponse> {
    const payload = body === undefined ? '' : JSON.stringify(body)
    this.#waiting = Promise.withResolvers()
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n` +
        (token === undefined ? '' : `authorization: Bearer ${token}\r\n`) +
        (cookie === undefined ? '' : `origin: ${this.#origin}\r\ncookie: ${cookie}\r\n`) +
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
    const content = completeContent(head, this.#received.slice(headEnd + 4))
    if (content === undefined) return

    this.#received = ''
    const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))
    const body = content === '' ? undefined : JSON.parse(Buffer.from(content, 'latin1').toString())
    const retryAfter = /\nretry-after: (\d+)/i.exec(head)?.[1]
    this.#waiting?.resolve({
      status,
      body,
      cookie: /\nset-cookie: ([^;]+)/i.exec(head)?.[1],
      retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
    })
    this.#waiting = undefined
  }

  close(): void {
    this.#socket.destroy()
  }
}

function unexpected({ method, path }: ApiRequest, { status, body }: ApiResponse): Error {
  return new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
}

/** The content of a response; undefined while a part of it is missing. */
function completeContent(head: string, received: string): string | undefined {
  if (/\ntransfer-encoding: chunked/i.test(head)) {
    if (!received.endsWith('0\r\n\r\n')) return undefined
    return received.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, '').trimEnd()
  }
  const length = Number(/\ncontent-length: (\d+)/i.exec(head)?.[1])
  return received.length < length ? undefined : received
}

/** How long `work` takes, in milliseconds. */
export async function measureMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
