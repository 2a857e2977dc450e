import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import * as activity from '../activity/activity.ts'
import type { App } from '../http/app.ts'
import { Body, bearer, Email, operators, problems, withBody } from '../http/schemas.ts'
import { instant } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import { turnOff } from '../mfa/mfa-sign-in.ts'
import { type Guard, holdAccount, signedIn } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { type Act, demandNewPassword, restore, signOutEverywhere, suspend } from './acts.ts'
import { reasonOf } from './reason.ts'
import { AllActivity, User, Users } from './schemas.ts'
import { findUsers, type Reader, readUser, type User as UserNow } from './users.ts'

const tags = ['Operators']

const OneUser = Body({ id: Type.String({ maxLength: 64, description: 'The id of the account.' }) })

const reason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'Why, in one line. The owner reads it.',
  examples: ['Phone lost; called back at the number we have'],
})
const WithReason = Body({ reason })
const MaybeReason = Body({ reason: Type.Optional(reason) })

type ActRequest = FastifyRequest<{ Params: { id: string }; Body: { reason?: string } }>

const acting = {
  security: bearer,
  tags,
  params: OneUser,
  response: { 200: User, ...problems(...operators, 'not_found', 'own_account', ...withBody) },
}

/** For accounts that are operators, in a session that was signed in recently and with MFA. */
export function adminRoutes(app: App, house: Reader & { db: Db; keys: Keys; guard: Guard }): void {
  const { db, keys, guard } = house
  const onRequest = guard.operator

  /** One act on one account, which is not the operator's own. @returns the account after it */
  function act(request: ActRequest, what: Act): Promise<UserNow> {
    const who = signedIn(request)
    const { id } = request.params
    const { reason: given } = request.body
    const reason = given === undefined ? null : reasonOf(given)
    return transaction(db, async (tx) => {
      const account = await holdAccount(tx, id)
      const { email } = await guard.operating(tx, who)
      if (id === who.account) {
        throw new Problem('own_account', 'This is your own account: its settings change it.')
      }
      if (!account) throw notThere()
      const { session } = who
      await what(tx, keys, account, { by: 'operator', operator: email, session, reason })
      return found(await readUser(tx, house, id))
    })
  }

  app.get(
    '/admin/Users',
    {
      onRequest,
      schema: {
        operationId: 'findUsers',
        tags,
        summary: 'Find accounts by address',
        description:
          'The account that has the address, however it is written, and those that had it and may still get it back.',
        security: bearer,
        querystring: Body({ email: Email }),
        response: { 200: Users, ...problems(...operators, 'invalid_request') },
      },
    },
    async (request) => ({ users: await findUsers(db, house, request.query.email) }),
  )

  app.get(
    '/admin/Users/:id',
    {
      onRequest,
      schema: {
        operationId: 'readUser',
        tags,
        summary: 'Read one account',
        security: bearer,
        params: OneUser,
        response: { 200: User, ...problems(...operators, 'invalid_request', 'not_found') },
      },
    },
    async (request) => found(await readUser(db, house, request.params.id)),
  )

  app.delete(
    '/admin/Users/:id/MfaSignIn',
    {
      onRequest,
      schema: {
        ...acting,
        operationId: 'turnOffMfaOfUser',
        summary: 'Turn multi-factor sign-in off for somebody',
        description:
          'For an owner who has lost every second factor. The password alone signs in then, and what is set up stays set up. The owner is told, with the reason, and can undo it for seven days. It also works where everyone must have MFA: the owner sets up a new one at the next sign-in.',
        body: WithReason,
      },
    },
    (request) => act(request, turnOff),
  )

  app.delete(
    '/admin/Users/:id/Sessions',
    {
      onRequest,
      schema: {
        ...acting,
        operationId: 'endSessionsOfUser',
        summary: 'Sign somebody out everywhere',
        description: 'Every session ends, and no device is trusted any more. The owner is told.',
        body: MaybeReason,
      },
    },
    (request) => act(request, signOutEverywhere),
  )

  app.post(
    '/admin/Users/:id/PasswordReset',
    {
      onRequest,
      schema: {
        ...acting,
        operationId: 'demandNewPasswordOfUser',
        summary: 'Have somebody choose a new password',
        description:
          'The old one opens nothing any more, everyone is signed out, and a code for a new one is mailed to the owner. No operator sees it.',
        body: MaybeReason,
      },
    },
    (request) => act(request, demandNewPassword),
  )

  app.post(
    '/admin/Users/:id/Suspension',
    {
      onRequest,
      schema: {
        ...acting,
        operationId: 'suspendUser',
        summary: 'Suspend an account',
        description:
          'Nobody gets in any more, by whatever way, until it is restored. Tokens stop working at once. The owner is told, with the reason.',
        body: WithReason,
      },
    },
    (request) => act(request, suspend),
  )

  app.delete(
    '/admin/Users/:id/Suspension',
    {
      onRequest,
      schema: {
        ...acting,
        operationId: 'unsuspendUser',
        summary: 'Restore a suspended account',
        description: 'Its owner can sign in as before, and is told. Sessions of before stay ended.',
        body: MaybeReason,
      },
    },
    (request) => act(request, restore),
  )

  app.get(
    '/admin/Activity',
    {
      onRequest,
      schema: {
        operationId: 'listAllActivity',
        tags,
        summary: 'List what happened to all accounts',
        description:
          'Newest first; with `user`, to one account. Tries on addresses without an account are in it too.',
        security: bearer,
        // Cursors are ids, and nothing but an id goes into the query.
        querystring: Body({
          user: Type.Optional(Type.String({ maxLength: 64, description: 'An account’s id.' })),
          cursor: Type.Optional(
            Type.String({ format: 'uuid', description: 'The last `nextCursor`.' }),
          ),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
        }),
        response: { 200: AllActivity, ...problems(...operators, 'invalid_request') },
      },
    },
    async (request) => {
      const { user, cursor: before, limit = 25 } = request.query
      const page = await activity.page(db, user, { before, limit })
      return {
        activity: page.activity.map(({ account_id, ...entry }) => ({
          ...entry,
          user: account_id,
          at: instant(entry.at),
        })),
        nextCursor: page.nextCursor,
      }
    },
  )
}

function found(user: UserNow | undefined): UserNow {
  if (!user) throw notThere()
  return user
}

function notThere(): Problem {
  return new Problem('not_found', 'There is no account with this id.')
}
