import { Type } from 'typebox'
import * as activity from '../activity/activity.ts'
import type { App } from '../http/app.ts'
import { Body, bearer, problems, stepUp, withBody, withToken } from '../http/schemas.ts'
import { Problem } from '../lib/problem.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { type Guard, signedIn } from './guard.ts'
import { endSession, endSessions, listSessions } from './session.ts'
import { forget, listTrusted } from './trusted-device.ts'

const tags = ['Activity']

const Time = Type.String({ format: 'date-time' })

const Sessions = Type.Object(
  {
    sessions: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
          createdAt: Time,
          lastUsedAt: Time,
          ipAddress: Type.String(),
          userAgent: Type.String({ description: 'The browser or program, in its own words.' }),
          amr: Type.Array(Type.String(), { description: 'What was shown (RFC 8176).' }),
        },
        { title: 'Session' },
      ),
      { description: 'Newest first.' },
    ),
  },
  { title: 'Sessions', description: 'Where the account is signed in now.' },
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
  { title: 'TrustedDevices', description: 'The devices that are trusted now.' },
)

const OneOfThem = Body({ id: Type.String({ maxLength: 64 }) })

/** Where the account is signed in, and where it is not asked for a second factor. */
export function listRoutes(app: App, { db, guard }: { db: Db; guard: Guard }): void {
  app.get(
    '/settings/Sessions',
    {
      onRequest: guard.signedIn,
      schema: {
        operationId: 'listSessions',
        tags,
        summary: 'List where the account is signed in',
        security: bearer,
        response: { 200: Sessions, ...problems(...withToken) },
      },
    },
    async (request) => {
      const { account, session } = signedIn(request)
      return { sessions: await listSessions(db, account, session) }
    },
  )

  app.delete(
    '/settings/Sessions',
    {
      onRequest: guard.signedIn,
      schema: {
        operationId: 'endOtherSessions',
        tags,
        summary: 'Sign out everywhere else',
        security: bearer,
        response: { 200: Sessions, ...problems(...withToken, ...withBody) },
      },
    },
    async (request) => {
      const { account, session, client } = signedIn(request)
      return transaction(db, async (tx) => {
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
      onRequest: guard.signedIn,
      schema: {
        operationId: 'endSession',
        tags,
        summary: 'Sign out one session',
        security: bearer,
        params: OneOfThem,
        response: { 200: Sessions, ...problems(...withToken, ...withBody, 'not_found') },
      },
    },
    async (request) => {
      const { account, session, client } = signedIn(request)
      const { id } = request.params
      return transaction(db, async (tx) => {
        if (!(await endSession(tx, account, id))) throw notThere()
        const detail = { reason: 'ended_by_owner', which: id }
        await activity.record(tx, account, { type: 'session.ended', client, session, detail })
        return { sessions: await listSessions(tx, account, session) }
      })
    },
  )

  app.get(
    '/settings/TrustedDevices',
    {
      onRequest: guard.signedIn,
      schema: {
        operationId: 'listTrustedDevices',
        tags,
        summary: 'List devices that are not asked for a second factor',
        security: bearer,
        response: { 200: TrustedDevices, ...problems(...withToken) },
      },
    },
    async (request) => ({ trustedDevices: await listTrusted(db, signedIn(request).account) }),
  )

  app.delete(
    '/settings/TrustedDevices',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'distrustAllDevices',
        tags,
        summary: 'Trust no device any more',
        security: bearer,
        response: { 200: TrustedDevices, ...problems(...stepUp, ...withBody) },
      },
    },
    async (request) => {
      const who = signedIn(request)
      return transaction(db, async (tx) => {
        await forget(tx, await guard.hold(tx, who), who)
        return { trustedDevices: await listTrusted(tx, who.account) }
      })
    },
  )

  app.delete(
    '/settings/TrustedDevices/:id',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'distrustDevice',
        tags,
        summary: 'Trust one device no longer',
        security: bearer,
        params: OneOfThem,
        response: { 200: TrustedDevices, ...problems(...stepUp, ...withBody, 'not_found') },
      },
    },
    async (request) => {
      const who = signedIn(request)
      return transaction(db, async (tx) => {
        const account = await guard.hold(tx, who)
        if (!(await forget(tx, account, who, request.params.id))) throw notThere()
        return { trustedDevices: await listTrusted(tx, who.account) }
      })
    },
  )
}

function notThere(): Problem {
  return new Problem('not_found', 'There is none with this id, or it has ended already.')
}
