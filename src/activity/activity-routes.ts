import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import {
  bearer,
  Instant,
  Nullable,
  problemResponses,
  StrictObject,
  tokenProblems,
} from '../http/schemas.ts'
import { toIsoString } from '../lib/clock.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import * as activity from './activity.ts'

const ActivityEntry = Type.Object(
  {
    id: Type.String(),
    type: Type.String({ description: 'Stable: match on this.', examples: ['mfa.off'] }),
    at: Instant('When it happened.'),
    ipAddress: Nullable(Type.String(), 'The IP address of the client.'),
    userAgent: Nullable(Type.String(), 'The `User-Agent` of the client.'),
    detail: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Details; which ones depends on the type.',
    }),
  },
  { title: 'ActivityEntry' },
)

const Activity = Type.Object(
  {
    activity: Type.Array(ActivityEntry, { description: 'Newest first.' }),
    nextCursor: Nullable(Type.String(), 'The `cursor` of the next page; null on the last page.'),
  },
  { title: 'Activity', description: 'One page.' },
)

const PageQuery = StrictObject({
  // A cursor is an id; no other string reaches the query.
  cursor: Type.Optional(Type.String({ format: 'uuid', description: 'The last `nextCursor`.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
})

export function activityRoutes(app: App, { db, guard }: { db: Db; guard: Guard }): void {
  app.get(
    '/settings/Activity',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'listActivity',
        tags: ['Activity'],
        summary: 'List the activity of the account',
        description:
          'All sign-ins, including failed ones, and all changes of the last year, newest first.',
        security: bearer,
        querystring: PageQuery,
        response: { 200: Activity, ...problemResponses(...tokenProblems, 'invalid_request') },
      },
    },
    async (request) => {
      const { account } = principalOf(request)
      const { cursor: before, limit = 25 } = request.query
      const page = await activity.listActivity(db, account, { before, limit })
      return {
        activity: page.activity.map((entry) => ({ ...entry, at: toIsoString(entry.at) })),
        nextCursor: page.nextCursor,
      }
    },
  )
}
