import { Type } from 'typebox'
import * as activity from '../activity/activity.ts'
import type { App } from '../http/app.ts'
import { bearer, Email, operatorProblems, problemResponses, StrictObject } from '../http/schemas.ts'
import { toIsoString } from '../lib/clock.ts'
import { turnOff } from '../mfa/mfa-sign-in.ts'
import type { Guard } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction } from '../store/transaction.ts'
import {
  requirePasswordReset,
  signOutEverywhere,
  suspendAccount,
  unsuspendAccount,
} from './account-actions.ts'
import {
  AllActivity,
  actionSchema,
  OptionalReason,
  RequiredReason,
  operatorTags as tags,
  User,
  UserParams,
  Users,
} from './admin-schemas.ts'
import { createActionRunner, ensureFound } from './run-action.ts'
import { findUsers, readUser, type UserDeps } from './users.ts'

/** Routes for operators, whose sign-in must be recent and with MFA. */
export function adminRoutes(
  app: App,
  deps: UserDeps & { db: Db; transaction: RunTransaction; guard: Guard },
): void {
  const { db, guard } = deps
  const onRequest = guard.requireOperator

  const runAction = createActionRunner(deps)

  app.get(
    '/admin/Users',
    {
      onRequest,
      schema: {
        operationId: 'findUsers',
        tags,
        summary: 'Find accounts by email address',
        description:
          'Finds the account that has the address, in any spelling, and accounts that had it and may get it back by an undo.',
        security: bearer,
        querystring: StrictObject({ email: Email }),
        response: { 200: Users, ...problemResponses(...operatorProblems, 'invalid_request') },
      },
    },
    async (request) => ({ users: await findUsers(db, deps, request.query.email) }),
  )

  app.get(
    '/admin/Users/:id',
    {
      onRequest,
      schema: {
        operationId: 'getUser',
        tags,
        summary: 'Read one account',
        security: bearer,
        params: UserParams,
        response: {
          200: User,
          ...problemResponses(...operatorProblems, 'invalid_request', 'not_found'),
        },
      },
    },
    async (request) => ensureFound(await readUser(db, deps, request.params.id)),
  )

  app.delete(
    '/admin/Users/:id/MfaSignIn',
    {
      onRequest,
      schema: {
        ...actionSchema,
        operationId: 'turnOffMfaOfUser',
        summary: 'Turn multi-factor sign-in off for an account',
        description:
          'For an owner who has lost every second factor. The password alone signs in afterwards; methods stay set up. Notifies the owner of the reason; they can undo it for seven days. Also works where MFA is required: the owner sets it up again at the next sign-in.',
        body: RequiredReason,
      },
    },
    (request) => runAction(request, turnOff),
  )

  app.delete(
    '/admin/Users/:id/Sessions',
    {
      onRequest,
      schema: {
        ...actionSchema,
        operationId: 'endSessionsOfUser',
        summary: 'End all sessions of an account',
        description: 'Ends every session and deletes all trusted devices. Notifies the owner.',
        body: OptionalReason,
      },
    },
    (request) => runAction(request, signOutEverywhere),
  )

  app.post(
    '/admin/Users/:id/PasswordReset',
    {
      onRequest,
      schema: {
        ...actionSchema,
        operationId: 'requirePasswordResetOfUser',
        summary: 'Require a new password for an account',
        description:
          'The old password no longer signs in, all sessions end, and a code that sets a new one is mailed to the owner. Operators never see the code.',
        body: OptionalReason,
      },
    },
    (request) => runAction(request, requirePasswordReset),
  )

  app.post(
    '/admin/Users/:id/Suspension',
    {
      onRequest,
      schema: {
        ...actionSchema,
        operationId: 'suspendUser',
        summary: 'Suspend an account',
        description:
          'No one can sign in to the account until the suspension is lifted. Tokens stop working at once. Notifies the owner of the reason.',
        body: RequiredReason,
      },
    },
    (request) => runAction(request, suspendAccount),
  )

  app.delete(
    '/admin/Users/:id/Suspension',
    {
      onRequest,
      schema: {
        ...actionSchema,
        operationId: 'unsuspendUser',
        summary: 'Lift the suspension of an account',
        description:
          'The owner can sign in again. Sessions that the suspension ended stay ended. Notifies the owner.',
        body: OptionalReason,
      },
    },
    (request) => runAction(request, unsuspendAccount),
  )

  app.get(
    '/admin/Activity',
    {
      onRequest,
      schema: {
        operationId: 'listAllActivity',
        tags,
        summary: 'List the activity of all accounts',
        description:
          'Newest first; with `user`, of one account. Includes failed attempts for addresses without an account.',
        security: bearer,
        // A cursor is the id of an entry.
        querystring: StrictObject({
          user: Type.Optional(Type.String({ maxLength: 64, description: 'The id of an account.' })),
          cursor: Type.Optional(
            Type.String({ format: 'uuid', description: 'The `nextCursor` of the previous page.' }),
          ),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
        }),
        response: { 200: AllActivity, ...problemResponses(...operatorProblems, 'invalid_request') },
      },
    },
    async (request) => {
      const { user, cursor: before, limit = 25 } = request.query
      const page = await activity.listActivity(db, user, { before, limit })
      return {
        activity: page.activity.map(({ account_id, ...entry }) => ({
          ...entry,
          user: account_id,
          at: toIsoString(entry.at),
        })),
        nextCursor: page.nextCursor,
      }
    },
  )
}
