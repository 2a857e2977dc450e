import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { Type } from 'typebox'
import { Problem } from '../lib/problem.ts'
import type { App } from './app.ts'
import { problemResponses } from './schemas.ts'

const Ok = Type.Object({ status: Type.Literal('ok') }, { description: 'The check passed.' })

/** Load balancers check every few seconds, with a short timeout. */
const readyTimeoutMs = 2000

/**
 * Health checks for orchestrators and load balancers.
 *
 * @param state.checkReady rejects while the service can't do its work
 * @param state.isStopping whether shutdown has begun: traffic should go elsewhere, but is still served
 */
export function healthRoutes(
  app: App,
  state: { checkReady(): Promise<unknown>; isStopping(): boolean },
): void {
  app.get(
    '/health/live',
    {
      schema: {
        operationId: 'checkLiveness',
        tags: ['Service'],
        summary: 'Liveness check',
        response: { 200: Ok, ...problemResponses() },
      },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/health/ready',
    {
      schema: {
        operationId: 'checkReadiness',
        tags: ['Service'],
        summary: 'Readiness check',
        description:
          'Checks that the database responds and that this node has every encryption key in use. Fails as soon as shutdown begins.',
        response: { 200: Ok, ...problemResponses() },
      },
    },
    async (request) => {
      if (state.isStopping()) {
        throw new Problem('unavailable', 'The service is shutting down.', { retryAfter: 5 })
      }
      await withTimeout(readyTimeoutMs, state.checkReady(), request.log)
      return { status: 'ok' as const }
    },
  )
}

async function withTimeout(
  ms: number,
  work: Promise<unknown>,
  log: FastifyBaseLogger,
): Promise<void> {
  const timer = new AbortController()
  const done = work.catch((error) => {
    // A database outage is already in the log.
    if (error instanceof Problem) throw error
    log.error({ err: error }, 'not ready')
    throw databaseTimeout()
  })
  const timeout = sleep(ms, undefined, timer).then(() => Promise.reject(databaseTimeout()))
  await Promise.race([done, timeout]).finally(() => timer.abort())
}

function databaseTimeout(): Problem {
  return new Problem('unavailable', 'The database does not respond.', { retryAfter: 5 })
}
