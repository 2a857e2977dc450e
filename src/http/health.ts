import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { Type } from 'typebox'
import { Problem } from '../lib/problem.ts'
import type { App } from './app.ts'
import { problemResponses } from './schemas.ts'

const Ok = Type.Object({ status: Type.Literal('ok') }, { description: 'Yes.' })

/** Whoever sends traffic asks every few seconds, and doesn't wait long for the answer. */
const readyTimeoutMs = 2000

/**
 * For whatever starts, restarts and sends traffic.
 *
 * @param state.ready rejects while work can't be done
 * @param state.isStopping whether traffic should go elsewhere from now on, though it is still taken
 */
export function healthRoutes(
  app: App,
  { checkReady, isStopping }: { checkReady(): Promise<unknown>; isStopping(): boolean },
): void {
  app.get(
    '/health/live',
    {
      schema: {
        operationId: 'isLive',
        tags: ['Service'],
        summary: 'Is the process alive?',
        response: { 200: Ok, ...problemResponses() },
      },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/health/ready',
    {
      schema: {
        operationId: 'isReady',
        tags: ['Service'],
        summary: 'Can it do its work?',
        description:
          'Looks whether the database answers, and whether all its encryption keys are given here. No longer, once the service has been told to stop.',
        response: { 200: Ok, ...problemResponses() },
      },
    },
    async (request) => {
      if (isStopping()) {
        throw new Problem('unavailable', 'The service is about to stop.', { retryAfter: 5 })
      }
      await withTimeout(readyTimeoutMs, checkReady(), request.log)
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
    // That the database is away is in the log already.
    if (error instanceof Problem) throw error
    log.error({ err: error }, 'not ready')
    throw databaseTimeout()
  })
  const timeout = sleep(ms, undefined, timer).then(() => Promise.reject(databaseTimeout()))
  await Promise.race([done, timeout]).finally(() => timer.abort())
}

function databaseTimeout(): Problem {
  return new Problem('unavailable', 'The database does not answer.', { retryAfter: 5 })
}
