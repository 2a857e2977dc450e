import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import {
  bodyProblems,
  problemResponses,
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
import { passkeyChallengeLifetimeMs } from '../mfa/passkey/passkey-challenge.ts'
import { AssertionResponse, RequestOptions } from '../mfa/passkey/schemas.ts'
import { buildRequestOptions } from '../mfa/passkey/webauthn.ts'
import type { AccessTokens } from '../sessions/access-token.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import { tokenResponse } from '../sessions/issue-session.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { startPasskeySignIn, verifyPasskeySignIn } from './passkey-sign-in.ts'

const tags = ['Signing in']

/** A token is no must here: with one, it is its session that is confirmed. */
const security = [{}, { bearer: [] }]

export function passkeySignInRoutes(
  app: App,
  deps: ChallengeDeps & {
    db: Db
    transaction: RunTransaction
    guard: Guard
    accessTokens: AccessTokens
  },
): void {
  const { guard, accessTokens, relyingParty } = deps

  /** With a token it must be a good one, before anything else of the request is looked at. */
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
        operationId: 'beginPasskeySignIn',
        tags,
        summary: 'Begin to sign in with a passkey',
        description:
          'With `mfaToken`, as the second factor of that sign-in. With an access token, to confirm that it’s you. With neither, to sign in with the passkey alone. Give the `options` to `navigator.credentials.get()`.',
        security,
        body: StrictObject(
          { mfaToken: Type.Optional(Token('From the sign-in that is to be finished.')) },
          { examples: [{}] },
        ),
        response: {
          200: Type.Object(
            {
              options: RequestOptions,
              passkeyToken: Type.String({ description: 'Goes with the answer.' }),
              expiresIn: Seconds('Seconds that both work.'),
            },
            { description: 'For the browser.' },
          ),
          ...problemResponses(
            ...tokenProblems,
            'mfa_token_expired',
            'account_suspended',
            'method_not_set_up',
            'too_many_attempts',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const principal = optionalPrincipalOf(request)
      const { mfaToken } = request.body
      const startedBy =
        mfaToken !== undefined
          ? { mfaToken }
          : principal
            ? { principal }
            : { client: clientOf(request) }
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
        operationId: 'answerWithPasskey',
        tags,
        summary: 'Finish signing in with a passkey',
        description:
          'Right or wrong, an answer uses the `passkeyToken` up. To confirm a session, send its access token again.',
        security,
        body: StrictObject({
          passkeyToken: Token('From `POST /auth/SignIn/Passkey`.'),
          response: AssertionResponse,
          rememberDevice: Type.Optional(
            Type.Boolean({
              description: 'Gives a `deviceToken`: on this device no second factor for 30 days.',
            }),
          ),
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
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const attempt = {
        ...request.body,
        principal: optionalPrincipalOf(request),
        client: clientOf(request),
      }
      const issued = await verifyPasskeySignIn(deps, attempt)
      if (!issued) {
        throw new Problem(
          'invalid_passkey',
          'That passkey wasn’t accepted. Please try again, or sign in another way.',
        )
      }
      return tokenResponse(accessTokens, issued)
    },
  )
}
