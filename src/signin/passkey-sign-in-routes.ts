import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import {
  bodyProblems,
  DeviceToken,
  problemResponses,
  RememberDevice,
  Seconds,
  StrictObject,
  Token,
  TokenResponse,
  tokenProblems,
} from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { ChallengeDeps } from '../mfa/challenge.ts'
import type { PasskeyDeps } from '../mfa/passkey/assertion.ts'
import { passkeyChallengeLifetimeMs } from '../mfa/passkey/passkey-challenge.ts'
import { AssertionResponse, RequestOptions } from '../mfa/passkey/schemas.ts'
import { buildRequestOptions } from '../mfa/passkey/webauthn.ts'
import type { AccessTokens } from '../sessions/access-token.ts'
import type { CookieSessions } from '../sessions/cookie-sessions.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import { tokenResponse } from '../sessions/issue-session.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { startPasskeySignIn, verifyPasskeySignIn } from './passkey-sign-in.ts'

const tags = ['Signing in']

/** The access token is optional: with one, the request confirms its session. */
const security = [{}, { bearer: [] }]

export function passkeySignInRoutes(
  app: App,
  deps: ChallengeDeps &
    PasskeyDeps & {
      transaction: RunTransaction
      guard: Guard
      accessTokens: AccessTokens
      cookieSessions: CookieSessions
    },
): void {
  const { guard, accessTokens, cookieSessions, relyingParty } = deps

  /** Verifies an access token, if there is one, before the body is parsed. */
  async function checkOptionalToken(request: FastifyRequest): Promise<void> {
    if (request.headers.authorization !== undefined) await guard.allowSetupSession(request)
  }

  const optionalPrincipalOf = (request: FastifyRequest) =>
    request.headers.authorization === undefined ? undefined : principalOf(request)

  app.post(
    '/auth/SignIn/Passkey',
    {
      onRequest: checkOptionalToken,
      schema: {
        operationId: 'startPasskeySignIn',
        tags,
        summary: 'Start signing in with a passkey',
        description:
          'With `mfaToken`, the passkey is the second factor of that sign-in or undo. With an access token, it confirms the session. With neither, it signs in alone. Pass the `options` to `navigator.credentials.get()`.',
        security,
        body: StrictObject(
          { mfaToken: Type.Optional(Token('From a response `mfaRequired`.')) },
          { examples: [{}] },
        ),
        response: {
          200: Type.Object(
            {
              options: RequestOptions,
              passkeyToken: Type.String({ description: 'For `POST /auth/SignIn/Passkey/Verify`.' }),
              expiresIn: Seconds('Seconds until `options` and `passkeyToken` expire.'),
            },
            { description: 'Options for the browser.' },
          ),
          ...problemResponses(
            ...tokenProblems,
            'mfa_token_expired',
            'account_suspended',
            'method_not_set_up',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const principal = optionalPrincipalOf(request)
      const { mfaToken } = request.body
      const startedBy = mfaToken !== undefined ? { mfaToken } : principal && { principal }
      const { passkeyToken, ...challenge } = await startPasskeySignIn(deps, startedBy)
      const options = await buildRequestOptions(relyingParty, challenge)
      return { options, passkeyToken, expiresIn: passkeyChallengeLifetimeMs / second }
    },
  )

  app.post(
    '/auth/SignIn/Passkey/Verify',
    {
      onRequest: checkOptionalToken,
      schema: {
        operationId: 'verifyPasskeySignIn',
        tags,
        summary: 'Complete signing in with a passkey',
        description:
          'A `passkeyToken` signs in once. That of a second factor or a session is used up by any response, even a refused one. To confirm a session, send its access token again.',
        security,
        body: StrictObject({
          passkeyToken: Token('From `POST /auth/SignIn/Passkey`.'),
          response: AssertionResponse,
          deviceToken: DeviceToken('The one of `SignIn` need not be sent again.'),
          rememberDevice: RememberDevice,
        }),
        response: {
          200: TokenResponse,
          ...problemResponses(
            ...tokenProblems,
            'invalid_passkey',
            'passkey_token_expired',
            'mfa_token_expired',
            'invalid_credentials',
            'password_reset_required',
            'account_suspended',
            'too_many_attempts',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const attempt = {
        ...request.body,
        deviceToken: cookieSessions.deviceTokenOf(request),
        principal: optionalPrincipalOf(request),
        client: clientOf(request),
      }
      const issued = await verifyPasskeySignIn(deps, attempt)
      if (!issued) {
        throw new Problem(
          'invalid_passkey',
          'That passkey wasn’t accepted. Please try again, or choose another way to sign in.',
        )
      }
      return tokenResponse(accessTokens, issued)
    },
  )
}
