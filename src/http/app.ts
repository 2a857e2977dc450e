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
import { acceptJson, bodyLimitBytes } from './body.ts'
import { problemAnswers } from './problem.ts'
import { logRequests } from './request-log.ts'
import { ProblemSchema } from './schemas.ts'
import { secureHeaders } from './security-headers.ts'
import { validators } from './validation.ts'

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Long enough for any request to end well. */
const drainMs = 10_000

/**
 * What every route stands on: ids, the log, limits on what is read, security headers, and a
 * problem as the answer to whatever goes wrong.
 */
export function createApp(options: {
  publicUrl: string
  log: Log
  /** Proxies whose word on the client's address counts; none is asked if empty. */
  trustProxy: readonly string[]
}): App {
  const { publicUrl, log, trustProxy } = options
  const problem = problemAnswers(`${publicUrl}/docs`)

  const app = Fastify({
    // What Fastify itself has to say is of interest when something is wrong.
    loggerInstance: log.child({}, { level: 'warn' }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    // Ours alone: what a client sends could not be told apart in the log.
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    frameworkErrors: (error, request, reply) => {
      // No hook runs for an address that cannot be read.
      reply.header('x-request-id', request.id).header('cache-control', 'no-store')
      problem.onError(error, request, reply)
    },
    clientErrorHandler: (error, socket) => problem.onUnreadable(error, socket, randomUUID()),
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.addSchema(ProblemSchema)
  app.setValidatorCompiler(validators())
  app.setErrorHandler((error: Error, request, reply) =>
    problem.onError(error as Parameters<typeof problem.onError>[0], request, reply),
  )
  app.setNotFoundHandler((request, reply) => problem.onUnknownPath(request, reply))
  acceptJson(app)
  logRequests(app, log)
  secureHeaders(app, publicUrl)
  closeGently(app)
  return app
}

/** Lets running requests end, and no connection be kept for another one. */
function closeGently(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
    setTimeout(() => app.server.closeAllConnections(), drainMs).unref()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
}
