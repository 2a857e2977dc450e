import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from 'fastify'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import { acceptJson, bodyLimitBytes } from './body.ts'
import { createErrorHandlers } from './problem-response.ts'
import { logRequests } from './request-log.ts'
import { ProblemSchema } from './schemas.ts'
import { securityHeaders, setSecurityHeaders } from './security-headers.ts'
import { parseTraceparent } from './trace-context.ts'
import { createValidatorCompiler } from './validation.ts'

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Long enough for any request to end well, and short of what a container is given to stop. */
const forceCloseAfterMs = 5000

/** For 16 KiB over the worst line: whoever sends slower only wants to keep us waiting. */
const requestTimeoutMs = 30_000

/**
 * What every route stands on: ids, the log, limits on what is read, security headers, and a
 * problem as the answer to whatever goes wrong.
 */
export function createApp(options: {
  publicUrl: string
  log: Log
  /** Proxies whose word on the client's address counts; none is asked if empty. */
  trustProxy: readonly string[]
  /** Whether it is about to stop, so that no connection is kept for another request. */
  isStopping(): boolean
}): App {
  const { publicUrl, log, trustProxy, isStopping } = options
  const errorHandlers = createErrorHandlers(`${publicUrl}/docs`)
  const headers = securityHeaders(publicUrl)

  const app = Fastify({
    // What Fastify itself has to say is of interest when something is wrong.
    loggerInstance: log.child({}, { level: 'warn' }) as FastifyBaseLogger,
    // Whatever is said while a request is answered can be found by the trace that it belongs to.
    childLoggerFactory: (logger, bindings, options, { headers }) =>
      logger.child({ ...bindings, ...parseTraceparent(headers.traceparent) }, options),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    http: {
      // If this were longer than the other, Node would take it for the other.
      headersTimeout: requestTimeoutMs,
      // A missing one is refused by us: Node would answer without a word.
      requireHostHeader: false,
    },
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    // Ours alone: what a client sends could not be told apart in the log.
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // While stopping, a request that came in time is answered like any other.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      // No hook runs for an address that cannot be read.
      reply.headers({ 'x-request-id': request.id, ...headers })
      errorHandlers.handleError(error, request, reply)
    },
    clientErrorHandler: (error, socket) =>
      errorHandlers.handleClientError(error, socket, randomUUID(), headers),
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.addSchema(ProblemSchema)
  app.setValidatorCompiler(createValidatorCompiler())
  app.setErrorHandler((error: Error, request, reply) =>
    errorHandlers.handleError(
      error as Parameters<typeof errorHandlers.handleError>[0],
      request,
      reply,
    ),
  )
  logRequests(app, log)
  setSecurityHeaders(app, headers)
  rejectAmbiguous(app)
  rejectUnknownPaths(app)
  acceptJson(app)
  shutdownGracefully(app, isStopping)
  return app
}

/** A proxy before us and we must never take one request for two different ones. */
function rejectAmbiguous(app: FastifyInstance): void {
  // Nothing but `100-continue` exists, and the rest may be ignored (RFC 9110 §10.1.1).
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })

  app.addHook('onRequest', async ({ raw }) => {
    // RFC 9112 §3.2; before HTTP/1.1 there was no Host.
    const hosts = countHeader('host', raw)
    if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1')) {
      throw new Problem('malformed_request', 'A request has one Host header.')
    }
    if (countHeader('authorization', raw) > 1) {
      throw new Problem('malformed_request', 'A request has one Authorization header.')
    }
  })
}

/** `headers` holds the first of several alone. @param name in lower case */
function countHeader(name: string, { rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length
}

/** Before a body is read: whatever it holds, the path does not exist. */
function rejectUnknownPaths(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (!request.is404) return
    const detail = 'This path does not exist. The reference at /docs lists those that do.'
    throw new Problem('not_found', detail)
  })
}

/** Lets running requests end, and no connection be kept for another one. */
function shutdownGracefully(app: FastifyInstance, isStopping: () => boolean): void {
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), forceCloseAfterMs).unref()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping()) reply.header('connection', 'close')
  })
}
