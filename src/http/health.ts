import { Type } from 'typebox'
import { Problem } from '../lib/problem.ts'
import type { App } from './app.ts'
import { problems } from './schemas.ts'

const Ok = Type.Object({ status: Type.Literal('ok') }, { description: 'Yes.' })

/**
 * For whatever starts, restarts and sends traffic.
 *
 * @param state.ready rejects while work can't be done
 * @param state.isStopping whether traffic should go elsewhere from now on, though it is still taken
 */
export function healthRoutes(
  app: App,
  { ready, isStopping }: { ready(): Promise<unknown>; isStopping(): boolean },
): void {
  app.get(
    '/health/live',
    {
      schema: {
        operationId: 'isLive',
        tags: ['Service'],
        summary: 'Is the process alive?',
        response: { 200: Ok, ...problems() },
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
          'Looks whether the database answers. No longer, once the service has been told to stop.',
        response: { 200: Ok, ...problems('unavailable') },
      },
    },
    async (request) => {
      if (isStopping()) {
        throw new Problem('unavailable', 'The service is about to stop.', { retryAfter: 5 })
      }
      await ready().catch((error) => {
        request.log.error({ err: error }, 'not ready')
        throw new Problem('unavailable', 'The database does not answer.', { retryAfter: 5 })
      })
      return { status: 'ok' as const }
    },
  )
}
