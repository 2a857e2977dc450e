import { Type } from 'typebox'
import * as activity from '../activity/activity.ts'
import type { App } from '../http/app.ts'
import { invalidField } from '../http/fields.ts'
import {
  bearer,
  bodyProblems,
  problemResponses,
  StrictObject,
  Token,
  TokenResponse,
  tokenProblems,
} from '../http/schemas.ts'
import type { Keyring } from '../keys/keyring.ts'
import { jwksMaxAgeMs } from '../keys/rotate-signing-key.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { clientOf } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { RunTransaction } from '../store/transaction.ts'
import type { AccessTokens } from './access-token.ts'
import type { CookieSessions } from './cookie-sessions.ts'
import { type Guard, principalOf } from './guard.ts'
import { tokenResponse } from './issue-session.ts'
import { refreshSession } from './refresh-token.ts'
import { endSession, type SessionRules } from './session.ts'

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
  deps: {
    transaction: RunTransaction
    keyring: Keyring
    guard: Guard
    accessTokens: AccessTokens
    signingKeys: SigningKeys
    rules: SessionRules
    cookieSessions: CookieSessions
  },
): void {
  const { transaction, keyring, guard, accessTokens, signingKeys, rules, cookieSessions } = deps

  app.post(
    '/auth/Refresh',
    {
      schema: {
        operationId: 'refresh',
        tags: ['Signing in'],
        summary: 'Get a new access token',
        description:
          'Exchanges the refresh token for a new pair. Keep the new one: the old one is dead, and using it again ends the session.',
        body: StrictObject({
          refreshToken: Type.Optional(
            Token(
              'The latest one of this session. Pages with `Latchkey-Session: cookie` leave it out.',
            ),
          ),
        }),
        response: {
          200: TokenResponse,
          ...problemResponses('invalid_refresh_token', ...bodyProblems),
        },
      },
    },
    async (request) => {
      const refreshToken = request.body.refreshToken ?? cookieSessions.refreshTokenOf(request)
      if (refreshToken === undefined && !cookieSessions.usesCookies(request)) {
        throw invalidField('/refreshToken', 'is missing')
      }
      const client = clientOf(request)
      const issued =
        refreshToken === undefined
          ? undefined
          : await transaction((tx) => refreshSession(tx, { refreshToken, client, keyring, rules }))
      if (!issued) throw new Problem('invalid_refresh_token', 'Please sign in again.')
      return tokenResponse(accessTokens, issued)
    },
  )

  app.post(
    '/auth/SignOut',
    {
      onRequest: guard.allowSetupSession,
      schema: {
        operationId: 'signOut',
        tags: ['Signing in'],
        summary: 'Sign out',
        description: 'Ends the session. Its tokens stop working at once.',
        security: bearer,
        response: {
          204: Type.Null({ description: 'Signed out.' }),
          ...problemResponses(...tokenProblems, ...bodyProblems),
        },
      },
    },
    async (request, reply) => {
      const { account, session } = principalOf(request)
      await transaction(async (tx) => {
        if (!(await endSession(tx, account, session))) return
        const detail = { reason: 'signed_out' }
        const client = clientOf(request)
        await activity.record(tx, account, { type: 'session.ended', client, session, detail })
      })
      cookieSessions.clearSessionCookie(reply)
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
        response: { 200: Jwks, ...problemResponses() },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${jwksMaxAgeMs / second}`)
      return signingKeys.jwks()
    },
  )
}
