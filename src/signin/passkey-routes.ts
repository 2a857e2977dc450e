import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { Body, problems, Seconds, SignedIn, Token, withBody, withToken } from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { Asker } from '../mfa/challenge.ts'
import { passkeyChallengeLivesMs } from '../passkeys/challenge.ts'
import { requestOptions } from '../passkeys/relying-party.ts'
import { AssertionResponse, RequestOptions } from '../passkeys/schemas.ts'
import type { AccessTokens } from '../sessions/access-token.ts'
import { signedInAnswer } from '../sessions/gate.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import { answerWithPasskey, beginWithPasskey } from './passkey.ts'

const tags = ['Signing in']

/** A token is no must here: with one, it is its session that is confirmed. */
const security = [{}, { bearer: [] }]

export function passkeySignInRoutes(
  app: App,
  house: Asker & { db: Db; guard: Guard; accessTokens: AccessTokens },
): void {
  const { guard, accessTokens, relyingParty } = house

  /** With a token it must be a good one, before anything else of the request is looked at. */
  async function ifSignedIn(request: FastifyRequest): Promise<void> {
    if (request.headers.authorization !== undefined) await guard.settingUp(request)
  }

  const whoOf = (request: FastifyRequest) =>
    request.headers.authorization === undefined ? undefined : signedIn(request)

  app.post(
    '/auth/SignIn/Passkey',
    {
      onRequest: ifSignedIn,
      schema: {
        operationId: 'beginPasskeySignIn',
        tags,
        summary: 'Begin to sign in with a passkey',
        description:
          'With `mfaToken`, as the second factor of that sign-in. With an access token, to confirm that it’s you. With neither, to sign in with the passkey alone. Give the `options` to `navigator.credentials.get()`.',
        security,
        body: Body(
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
          ...problems(
            ...withToken,
            'mfa_token_expired',
            'account_suspended',
            'method_not_set_up',
            'too_many_attempts',
            ...withBody,
          ),
        },
      },
    },
    async (request) => {
      const who = whoOf(request)
      const { mfaToken } = request.body
      const asked =
        mfaToken !== undefined ? { mfaToken } : who ? { who } : { client: clientOf(request) }
      const { passkeyToken, ...begun } = await beginWithPasskey(house, asked)
      const options = await requestOptions(relyingParty, begun)
      return { options, passkeyToken, expiresIn: passkeyChallengeLivesMs / second }
    },
  )

  app.post(
    '/auth/SignIn/Passkey/Verify',
    {
      onRequest: ifSignedIn,
      schema: {
        operationId: 'answerWithPasskey',
        tags,
        summary: 'Finish signing in with a passkey',
        description:
          'Right or wrong, an answer uses the `passkeyToken` up. To confirm a session, send its access token again.',
        security,
        body: Body({
          passkeyToken: Token('From `POST /auth/SignIn/Passkey`.'),
          response: AssertionResponse,
          rememberDevice: Type.Optional(
            Type.Boolean({
              description: 'Gives a `deviceToken`: on this device no second factor for 30 days.',
            }),
          ),
        }),
        response: {
          200: SignedIn,
          ...problems(
            ...withToken,
            'invalid_passkey',
            'passkey_token_expired',
            'mfa_token_expired',
            'invalid_credentials',
            'password_reset_required',
            'account_suspended',
            ...withBody,
          ),
        },
      },
    },
    async (request) => {
      const answer = { ...request.body, who: whoOf(request), client: clientOf(request) }
      const entered = await answerWithPasskey(house, answer)
      if (!entered) {
        throw new Problem(
          'invalid_passkey',
          'That passkey wasn’t accepted. Please try again, or sign in another way.',
        )
      }
      return signedInAnswer(accessTokens, entered)
    },
  )
}
