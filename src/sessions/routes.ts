import { Type } from 'typebox'
import * as activity from '../activity/activity.ts'
import type { App } from '../http/app.ts'
import { fieldProblem } from '../http/fields.ts'
import { Body, bearer, problems, SignedIn, Token, withBody, withToken } from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import type { AccessTokens } from './access-token.ts'
import type { BrowserSessions } from './browser-session.ts'
import { signedInAnswer } from './gate.ts'
import { type Guard, signedIn } from './guard.ts'
import { refresh } from './refresh.ts'
import { jwksMaxAgeMs } from './rotate.ts'
import { endSession, type SessionRules } from './session.ts'
import type { SigningKeys } from './signing-keys.ts'

const Jwks = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.String(),
        crv: Type.String(),
        x: Type.String(),
        y: Type.String(),
        kid: Type.String(),
        alg: Type.String(),
        use: Type.String(),
      }),
    ),
  },
  { description: 'The keys.' },
)

export function sessionRoutes(
  app: App,
  house: {
    db: Db
    keys: Keys
    guard: Guard
    accessTokens: AccessTokens
    signingKeys: SigningKeys
    rules: SessionRules
    browser: BrowserSessions
  },
): void {
  const { db, keys, guard, accessTokens, signingKeys, rules, browser } = house

  app.post(
    '/auth/Refresh',
    {
      schema: {
        operationId: 'refresh',
        tags: ['Signing in'],
        summary: 'Get a new access token',
        description:
          'Exchanges the refresh token for a new pair. Keep the new one: the old one is dead, and using it again ends the session.',
        body: Body({
          refreshToken: Type.Optional(
            Token(
              'The latest one of this session. Pages with `Latchkey-Session: cookie` leave it out.',
            ),
          ),
        }),
        response: { 200: SignedIn, ...problems('invalid_refresh_token', ...withBody) },
      },
    },
    async (request) => {
      const refreshToken = request.body.refreshToken ?? browser.refreshTokenOf(request)
      if (refreshToken === undefined && !browser.asks(request)) {
        throw fieldProblem('/refreshToken', 'is missing')
      }
      const client = clientOf(request)
      const entered =
        refreshToken === undefined
          ? undefined
          : await transaction(db, (tx) => refresh(tx, { refreshToken, client, keys, rules }))
      if (!entered) throw new Problem('invalid_refresh_token', 'Please sign in again.')
      return signedInAnswer(accessTokens, entered)
    },
  )

  app.post(
    '/auth/SignOut',
    {
      onRequest: guard.settingUp,
      schema: {
        operationId: 'signOut',
        tags: ['Signing in'],
        summary: 'Sign out',
        description: 'Ends the session. Its tokens stop working at once.',
        security: bearer,
        response: {
          204: Type.Null({ description: 'Signed out.' }),
          ...problems(...withToken, ...withBody),
        },
      },
    },
    async (request, reply) => {
      const { account, session } = signedIn(request)
      await transaction(db, async (tx) => {
        if (!(await endSession(tx, account, session))) return
        const detail = { reason: 'signed_out' }
        const client = clientOf(request)
        await activity.record(tx, account, { type: 'session.ended', client, session, detail })
      })
      browser.forget(reply)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'readSigningKeys',
        tags: ['Service'],
        summary: 'Read the keys that verify access tokens',
        description: 'A JSON Web Key Set (RFC 7517), for any JOSE library.',
        response: { 200: Jwks, ...problems() },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${jwksMaxAgeMs / second}`)
      return signingKeys.jwks()
    },
  )
}
