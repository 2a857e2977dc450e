import { Type } from 'typebox'
import { Problem } from '../lib/problem.ts'
import type { App } from './app.ts'
import { problems } from './schemas.ts'

const Ok = Type.Object({ status: Type.Literal('ok') }, { description: 'Yes.' })

/** For whatever starts, restarts and sends traffic. @param ready rejects while work can't be done */
export function healthRoutes(app: App, { ready }: { ready(): Promise<unknown> }): void {
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
          'Looks whether the database answers, and whether all its encryption keys are given here.',
        response: { 200: Ok, ...problems('unavailable') },
      },
    },
    async (request) => {
      await ready().catch((error) => {
        request.log.error({ err: error }, 'not ready')
        if (error instanceof Problem) throw error
        throw new Problem('unavailable', 'The database does not answer.', { retryAfter: 5 })
      })
      return { status: 'ok' as const }
    },
  )
}
