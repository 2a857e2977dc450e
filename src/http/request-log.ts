import type { FastifyInstance } from 'fastify'
import type { Log } from '../lib/log.ts'
import { parseTraceparent } from './trace-context.ts'

/**
 * One line a request: which route, what came of it, how long it took. Never the address as it was
 * asked for: people paste secrets into paths and queries.
 */
export function logRequests(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    log.info(
      {
        reqId: request.id,
        ...parseTraceparent(request.headers.traceparent),
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    )
  })
}
