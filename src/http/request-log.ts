import type { FastifyInstance } from 'fastify'
import type { Log } from '../lib/log.ts'
import { parseTraceparent } from './trace-context.ts'

/**
 * Logs one line per request: route, status, duration. Never the requested URL, because paths and
 * queries can contain secrets.
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
