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
import { createForwardedForListener } from './forwarded-for.ts'
import { createHttpServer, timeouts } from './http-server.ts'
import { rejectUnknownRoutes } from './method-not-allowed.ts'
import { createErrorHandlers } from './problem-response.ts'
import { logRequests } from './request-log.ts'
import { ProblemSchema } from './schemas.ts'
import { securityHeaders, setSecurityHeaders } from './security-headers.ts'
import { compileSerializer } from './serialization.ts'
import { parseTraceparent } from './trace-context.ts'
import { compileValidator } from './validation.ts'

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Long enough for running requests to finish, and less than a container gets to stop (10 s). */
const forceCloseAfterMs = 5000

/**
 * Creates the Fastify instance that every route is registered on: request ids, the request log,
 * size and time limits, security headers, and a problem response for every failure.
 */
export function createApp(options: {
  publicUrl: string
  log: Log
  /** Proxies whose `X-Forwarded-For` is trusted. */
  trustProxy: readonly string[]
  /** While true, responses carry `Connection: close`. */
  isStopping(): boolean
  /** Shorter in tests. */
  timeouts?: typeof timeouts
}): App {
  const { publicUrl, log, trustProxy, isStopping } = options
  const errorHandlers = createErrorHandlers(`${publicUrl}/docs`)
  const headers = securityHeaders(publicUrl)
  const normalizeForwardedFor = trustProxy.length > 0 ? createForwardedForListener(log) : undefined

  const app = Fastify({
    // From Fastify itself, only warnings and errors.
    loggerInstance: log.child({}, { level: 'warn' }) as FastifyBaseLogger,
    // Every log line of a request carries its trace id.
    childLoggerFactory: (logger, bindings, options, { headers }) =>
      logger.child({ ...bindings, ...parseTraceparent(headers.traceparent) }, options),
    logController: new LogController({ disableRequestLogging: true }),
    // Called once for each address: `localhost` has two.
    serverFactory: (handleRequest) =>
      createHttpServer({
        log,
        timeouts: options.timeouts ?? timeouts,
        handleRequest: (request, response) => {
          normalizeForwardedFor?.(request)
          handleRequest(request, response)
        },
        handleClientError: (error, socket) =>
          errorHandlers.handleClientError(error, socket, randomUUID(), headers),
      }),
    // Fastify would add its own to the first address.
    clientErrorHandler: () => {},
    bodyLimit: bodyLimitBytes,
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    // A client’s own id is ignored: it could forge or repeat the id of another request in the log.
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // During shutdown, requests that arrived in time are still served.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      // No hook runs for a URL that cannot be parsed.
      reply.headers({ 'x-request-id': request.id, ...headers })
      errorHandlers.handleError(error, request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.addSchema(ProblemSchema)
  app.setValidatorCompiler(compileValidator)
  app.setSerializerCompiler(compileSerializer)
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
  rejectUnknownRoutes(app)
  acceptJson(app)
  shutdownGracefully(app, isStopping)
  return app
}

/** Rejects requests that a proxy in front and this service could read differently. */
function rejectAmbiguous(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    // RFC 9112 §3.2. HTTP/1.0 has no Host.
    const hosts = countHeader('host', raw)
    if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1')) {
      throw new Problem('malformed_request', 'Send exactly one Host header.')
    }
    if (countHeader('authorization', raw) > 1) {
      throw new Problem('malformed_request', 'Send at most one Authorization header.')
    }
  })
}

/** Counts in `rawHeaders`, because `headers` keeps only the first. @param name in lower case */
function countHeader(name: string, { rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length
}

/** Lets running requests finish, closes their connections, and cuts off the rest after 5 s. */
function shutdownGracefully(app: FastifyInstance, isStopping: () => boolean): void {
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), forceCloseAfterMs).unref()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping()) reply.header('connection', 'close')
  })
}
