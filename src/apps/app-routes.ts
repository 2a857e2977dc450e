import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import {
  bearer,
  bodyProblems,
  Instant,
  Nullable,
  problemResponses,
  StrictObject,
  tokenProblems,
} from '../http/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { listAccountApps, removeAccountApp } from './account-apps.ts'

const tags = ['Activity']

const AccountApps = Type.Object(
  {
    apps: Type.Array(
      Type.Object(
        {
          id: Type.String({ description: 'Its client id.' }),
          name: Type.String(),
          url: Type.String({ description: 'Its address.' }),
          since: Instant('When it was allowed, or first used.'),
          lastUsedAt: Nullable(
            Instant('When, to the minute.'),
            'When it last signed its person in or got a token; null before the first time.',
          ),
          scopes: Type.Array(Type.String(), { description: 'Names of what it may know.' }),
          trusted: Type.Boolean({
            description: 'Whether it is the operator’s own, which asks for no permission.',
          }),
        },
        { title: 'AccountApp' },
      ),
      { description: 'By name.' },
    ),
  },
  { title: 'AccountApps', description: 'The applications that use the account.' },
)

/** Lists and removes the applications that an account signs in to. */
export function appRoutes(
  app: App,
  { db, transaction, guard }: { db: Db; transaction: RunTransaction; guard: Guard },
): void {
  app.get(
    '/settings/Apps',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'listAccountApps',
        tags,
        summary: 'List applications',
        description: 'The applications that its owner signed in to, and what they may know.',
        security: bearer,
        response: { 200: AccountApps, ...problemResponses(...tokenProblems) },
      },
    },
    async (request) => ({ apps: await listAccountApps(db, principalOf(request).account) }),
  )

  app.delete(
    '/settings/Apps/:id',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'removeAccountApp',
        tags,
        summary: 'Remove an application',
        description:
          'Ends all that the application holds of this account at once: permission, codes and tokens. If it supports back-channel logout, it also learns that its sessions have ended.',
        security: bearer,
        params: StrictObject({ id: Type.String({ maxLength: 64 }) }),
        response: {
          200: AccountApps,
          ...problemResponses(...tokenProblems, ...bodyProblems, 'not_found'),
        },
      },
    },
    async (request) => {
      const { account, session, client } = principalOf(request)
      const { id } = request.params
      return transaction(async (tx) => {
        if (!(await removeAccountApp(tx, { account, app: id, session, client }))) {
          throw new Problem('not_found', 'This account does not use an application with this id.')
        }
        return { apps: await listAccountApps(tx, account) }
      })
    },
  )
}
