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
    type: Type.String({ description: 'What happened; stable.', examples: ['mfa.off'] }),
    at: Instant('When.'),
    ipAddress: Nullable(Type.String(), 'The network address it came from.'),
    userAgent: Nullable(Type.String(), 'The browser or program, in its own words.'),
    detail: Type.Record(Type.String(), Type.Unknown(), { description: 'More about it, by type.' }),
  },
  { title: 'ActivityEntry' },
)

const Activity = Type.Object(
  {
    activity: Type.Array(ActivityEntry, { description: 'Newest first.' }),
    nextCursor: Nullable(Type.String(), 'Give it as `cursor` for the next page; null at the end.'),
  },
  { title: 'Activity', description: 'One page.' },
)

const PageQuery = StrictObject({
  // Cursors are ids, and nothing but an id goes into the query.
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
        summary: 'List what happened to the account',
        description: 'Every sign-in, failed ones too, and every change, newest first.',
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
