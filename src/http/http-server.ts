import { createServer, type RequestListener, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { minute, second } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { limitConnections } from './connection-limit.ts'
import { answerInOrder } from './request-order.ts'

/** Longer than proxies keep idle connections (deploy/), so that the proxy closes them. */
const keepAliveTimeoutMs = 72 * second

/** Times after which a connection is closed. */
export const timeouts = {
  /**
   * For a request to arrive. Enough for 16 KiB over the slowest connection; a slower client only holds
   * the connection open.
   */
  requestMs: 30 * second,
  /**
   * For a response to be computed and taken by the client. Enough for the 5 MB of the reference over a
   * slow connection.
   */
  responseMs: 2 * minute,
}

/** Creates the server of one listening address, with the limits of each connection. */
export function createHttpServer(options: {
  log: Log
  handleRequest: RequestListener
  /** Ends a connection whose request Node’s HTTP parser rejected. */
  handleClientError: (error: Error & { code?: string }, socket: Duplex) => void
  timeouts: { requestMs: number; responseMs: number }
}): Server {
  const { log, timeouts, ...handlers } = options
  const server = createServer({
    requestTimeout: timeouts.requestMs,
    // Not above `requestTimeout`: Node would refuse it.
    headersTimeout: timeouts.requestMs,
    // By default 30 s, so that an incomplete request could take twice as long.
    connectionsCheckingInterval: second,
    keepAliveTimeout: keepAliveTimeoutMs,
    // `rejectAmbiguous` refuses a missing Host, with a problem; Node would send an empty 400.
    requireHostHeader: false,
  })
  answerInOrder(server, { ...handlers, responseTimeoutMs: timeouts.responseMs })
  limitConnections(server, log)
  return server
}
