import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Node creates objects for all requests in the bytes that it parses at once: for at most 57 of them. */
const parsedBytes = 1024

/** The requests of one connection. */
interface Connection {
  answer(request: IncomingMessage, response: ServerResponse): void
  /** @param respond ends the connection, once the requests before the failure are answered */
  fail(respond: () => void): void
}

/**
 * Answers the requests of a connection one after the other, and parses the next ones only then. A
 * client that pipelines requests (RFC 9112 §9.3.2) and reads no responses therefore keeps one of them
 * in memory, and its further requests are not read. Node would parse up to 64 KiB of requests, and call
 * `handleRequest` for all of them at once.
 *
 * @param options.handleClientError ends a connection whose request Node’s HTTP parser rejected
 * @param options.responseTimeoutMs for a response to be computed, sent and taken by the client
 */
export function answerInOrder(
  server: Server,
  options: {
    handleRequest: RequestListener
    handleClientError: (error: Error & { code?: string }, socket: Duplex) => void
    responseTimeoutMs: number
  },
): void {
  const { handleRequest, handleClientError, responseTimeoutMs } = options
  const connections = new WeakMap<Duplex, Connection>()
  const answer: RequestListener = (request, response) =>
    connections.get(request.socket)?.answer(request, response)

  server.on('connection', (socket) => connections.set(socket, track(socket)))
  server.on('request', answer)
  // Expectations other than `100-continue` may be ignored (RFC 9110 §10.1.1).
  server.on('checkExpectation', answer)
  server.on('clientError', (error, socket) =>
    connections.get(socket)?.fail(() => handleClientError(error, socket)),
  )

  function track(socket: Socket): Connection {
    /** The request that is being answered. */
    let current: IncomingMessage | undefined
    /** Parsed together with the current one. */
    const waiting: [request: IncomingMessage, response: ServerResponse][] = []
    let respondToFailure: (() => void) | undefined
    /** Whether the failure has been answered, so that further bytes are discarded. */
    let isEnding = false

    // Node’s own listeners pass the bytes to its parser.
    const parsers = socket.listeners('data')
    socket.removeAllListeners('data')
    socket.on('data', (bytes) => {
      if (isEnding) return
      let parsed = 0
      while (parsed < bytes.length && isReady()) {
        const next = bytes.subarray(parsed, parsed + parsedBytes)
        for (const parse of parsers) parse.call(socket, next)
        parsed += next.length
      }
      if (parsed === bytes.length || isEnding || socket.destroyed) return
      socket.pause()
      socket.unshift(bytes.subarray(parsed))
    })

    /** Whether the connection waits for a request, or for the rest of the current one. */
    function isReady(): boolean {
      return !current?.complete && waiting.length === 0 && !respondToFailure && !socket.destroyed
    }

    function start(request: IncomingMessage, response: ServerResponse): void {
      current = request
      const timeout = setTimeout(() => socket.destroy(), responseTimeoutMs)
      // After the last byte has left for the network, or the connection is lost.
      response.on('close', () => {
        clearTimeout(timeout)
        current = undefined
        // Other connections have their turn in between.
        if (waiting.length > 0 || socket.isPaused()) setImmediate(proceed)
        else respondIfFailed()
      })
      handleRequest(request, response)
    }

    function proceed(): void {
      if (current || socket.destroyed) return
      const next = waiting.shift()
      if (next) start(...next)
      respondIfFailed()
      if (isReady()) socket.resume()
    }

    function respondIfFailed(): void {
      // The rest of an incomplete request never arrives, so nothing else answers it.
      if (!respondToFailure || waiting.length > 0 || current?.complete) return
      isEnding = true
      respondToFailure()
      socket.resume()
    }

    return {
      answer(request, response) {
        if (current || waiting.length > 0) waiting.push([request, response])
        else start(request, response)
      },

      fail(respond) {
        if (isEnding) return void socket.destroy()
        respondToFailure = respond
        respondIfFailed()
      },
    }
  }
}
