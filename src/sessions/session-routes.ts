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
import { clientOf } from '../lib/client.ts'
import { Problem } from '../lib/problem.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import type { RunTransaction } from '../store/transaction.ts'
import type { AccessTokens } from './access-token.ts'
import type { CookieSessions } from './cookie-sessions.ts'
import { type Guard, principalOf } from './guard.ts'
import { tokenResponse } from './issue-session.ts'
import { refreshSession } from './refresh-token.ts'
import { endSession, type SessionRules } from './session.ts'

export function sessionRoutes(
  app: App,
  deps: {
    transaction: RunTransaction
    guard: Guard
    accessTokens: AccessTokens
    rules: SessionRules
    rateLimiter: RateLimiter
    cookieSessions: CookieSessions
  },
): void {
  const { transaction, guard, accessTokens, rules, rateLimiter, cookieSessions } = deps

  app.post(
    '/auth/Refresh',
    {
      schema: {
        operationId: 'refresh',
        tags: ['Signing in'],
        summary: 'Get a new access token',
        description:
          'Exchanges the refresh token for a new pair. If no response arrives, repeat the call: it returns the same new refresh token for ten seconds, and later once while neither that one nor an access token issued with it has been used. Any other use of a used token ends the session.',
        body: StrictObject({
          refreshToken: Type.Optional(
            Token(
              'The session’s latest refresh token. Pages that send `Latchkey-Session: cookie` omit it.',
            ),
          ),
          account: Type.Optional(
            Type.String({
              maxLength: 64,
              description:
                'The account that the page shows: the `sub` of its access tokens. If the cookie is of another one by now, nothing changes.',
            }),
          ),
        }),
        response: {
          200: TokenResponse,
          ...problemResponses(
            'invalid_refresh_token',
            'another_account',
            'too_many_attempts',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const refreshToken = request.body.refreshToken ?? cookieSessions.refreshTokenOf(request)
      if (refreshToken === undefined && !cookieSessions.usesCookies(request)) {
        throw invalidField('/refreshToken', 'is missing')
      }
      const { account } = request.body
      const client = clientOf(request)
      const issued =
        refreshToken === undefined
          ? undefined
          : await transaction((tx) =>
              refreshSession(tx, { refreshToken, account, client, rules, rateLimiter }),
            )
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
}
