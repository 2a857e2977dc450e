import { Type } from 'typebox'
import * as activity from '../activity/activity.ts'
import type { App } from '../http/app.ts'
import {
  bearer,
  bodyProblems,
  problemResponses,
  StrictObject,
  stepUpProblems,
  tokenProblems,
} from '../http/schemas.ts'
import { Problem } from '../lib/problem.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { type Guard, principalOf } from './guard.ts'
import { endSession, endSessions, listSessions } from './session.ts'
import { listTrustedDevices, revokeTrustedDevices } from './trusted-device.ts'

const tags = ['Activity']

const Time = Type.String({ format: 'date-time' })

const Sessions = Type.Object(
  {
    sessions: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          current: Type.Boolean({ description: 'Whether this is the session of the request.' }),
          createdAt: Time,
          lastUsedAt: Time,
          ipAddress: Type.String(),
          userAgent: Type.String({ description: 'The `User-Agent` header at sign-in.' }),
          amr: Type.Array(Type.String(), { description: 'Authentication methods (RFC 8176).' }),
          apps: Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), {
            description: 'The applications that it signed in to.',
          }),
        },
        { title: 'Session' },
      ),
      { description: 'Newest first.' },
    ),
  },
  { title: 'Sessions', description: 'The account’s active sessions.' },
)

const TrustedDevices = Type.Object(
  {
    trustedDevices: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          name: Type.String(),
          createdAt: Time,
          lastUsedAt: Time,
          expiresAt: Time,
        },
        { title: 'TrustedDevice' },
      ),
      { description: 'Newest first.' },
    ),
  },
  { title: 'TrustedDevices', description: 'The account’s trusted devices.' },
)

const IdParams = StrictObject({ id: Type.String({ maxLength: 64 }) })

/** Lists and ends an account’s sessions; lists and revokes its trusted devices. */
export function deviceAndSessionRoutes(
  app: App,
  { db, transaction, guard }: { db: Db; transaction: RunTransaction; guard: Guard },
): void {
  app.get(
    '/settings/Sessions',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'listSessions',
        tags,
        summary: 'List active sessions',
        security: bearer,
        response: { 200: Sessions, ...problemResponses(...tokenProblems) },
      },
    },
    async (request) => {
      const { account, session } = principalOf(request)
      return { sessions: await listSessions(db, account, session) }
    },
  )

  app.delete(
    '/settings/Sessions',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'endOtherSessions',
        tags,
        summary: 'Sign out everywhere else',
        security: bearer,
        response: { 200: Sessions, ...problemResponses(...tokenProblems, ...bodyProblems) },
      },
    },
    async (request) => {
      const { account, session, client } = principalOf(request)
      return transaction(async (tx) => {
        if (await endSessions(tx, account, session)) {
          const detail = { reason: 'ended_by_owner', which: 'others' }
          await activity.record(tx, account, { type: 'session.ended', client, session, detail })
        }
        return { sessions: await listSessions(tx, account, session) }
      })
    },
  )

  app.delete(
    '/settings/Sessions/:id',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'endSession',
        tags,
        summary: 'Sign out one session',
        security: bearer,
        params: IdParams,
        response: {
          200: Sessions,
          ...problemResponses(...tokenProblems, ...bodyProblems, 'not_found'),
        },
      },
    },
    async (request) => {
      const { account, session, client } = principalOf(request)
      const { id } = request.params
      return transaction(async (tx) => {
        if (!(await endSession(tx, account, id))) throw notFound()
        const detail = { reason: 'ended_by_owner', which: id }
        await activity.record(tx, account, { type: 'session.ended', client, session, detail })
        return { sessions: await listSessions(tx, account, session) }
      })
    },
  )

  app.get(
    '/settings/TrustedDevices',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'listTrustedDevices',
        tags,
        summary: 'List devices that skip the second factor',
        security: bearer,
        response: { 200: TrustedDevices, ...problemResponses(...tokenProblems) },
      },
    },
    async (request) => ({
      trustedDevices: await listTrustedDevices(db, principalOf(request).account),
    }),
  )

  app.delete(
    '/settings/TrustedDevices',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'revokeAllTrustedDevices',
        tags,
        summary: 'Revoke all trusted devices',
        security: bearer,
        response: { 200: TrustedDevices, ...problemResponses(...stepUpProblems, ...bodyProblems) },
      },
    },
    async (request) => {
      const principal = principalOf(request)
      return transaction(async (tx) => {
        await revokeTrustedDevices(tx, await guard.lockAccount(tx, principal), principal)
        return { trustedDevices: await listTrustedDevices(tx, principal.account) }
      })
    },
  )

  app.delete(
    '/settings/TrustedDevices/:id',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'revokeTrustedDevice',
        tags,
        summary: 'Revoke one trusted device',
        security: bearer,
        params: IdParams,
        response: {
          200: TrustedDevices,
          ...problemResponses(...stepUpProblems, ...bodyProblems, 'not_found'),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request)
      return transaction(async (tx) => {
        const account = await guard.lockAccount(tx, principal)
        if (!(await revokeTrustedDevices(tx, account, principal, request.params.id)))
          throw notFound()
        return { trustedDevices: await listTrustedDevices(tx, principal.account) }
      })
    },
  )
}

function notFound(): Problem {
  return new Problem('not_found', 'Nothing with this id exists, or it has already ended.')
}
