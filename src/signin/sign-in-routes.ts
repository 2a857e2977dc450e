import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { invalidField } from '../http/fields.ts'
import {
  bearer,
  bodyProblems,
  Code,
  CodeSent,
  DeviceToken,
  Email,
  Password,
  problemResponses,
  RememberDevice,
  StrictObject,
  Token,
  TokenResponse,
  tokenProblems,
} from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { maxPasswordBytes } from '../lib/password-hasher.ts'
import { Problem } from '../lib/problem.ts'
import { resendCode, verifyChallenge } from '../mfa/challenge.ts'
import { type ConfirmOwnerDeps, confirmOwner } from '../mfa/confirm-owner.ts'
import { AssertionResponse } from '../mfa/passkey/schemas.ts'
import { AssertionRequired, ChallengeMethod, MfaRequired } from '../mfa/schemas.ts'
import type { AccessTokens } from '../sessions/access-token.ts'
import type { CookieSessions } from '../sessions/cookie-sessions.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import { tokenResponse } from '../sessions/issue-session.ts'
import { reauthenticate, type SignInDeps, type SignInResult, signIn } from './sign-in.ts'

const tags = ['Signing in']

const SignInResponse = Type.Union([TokenResponse, MfaRequired], {
  description: '`status` is `signedIn`, or `mfaRequired` if the second factor comes next.',
})

const MfaToken = Token('From the response to `POST /auth/SignIn`.')

export function signInRoutes(
  app: App,
  deps: SignInDeps &
    ConfirmOwnerDeps & {
      guard: Guard
      accessTokens: AccessTokens
      cookieSessions: CookieSessions
    },
): void {
  const { transaction, guard, accessTokens, cookieSessions } = deps

  app.post(
    '/auth/SignIn',
    {
      schema: {
        operationId: 'signIn',
        tags,
        summary: 'Sign in',
        description:
          'While MFA is off, the password signs in; while it is on, the second factor comes next.',
        body: StrictObject(
          {
            email: Email,
            password: Password,
            deviceToken: DeviceToken(
              'Strangers cannot use up the attempts of a known device. That of a trusted one replaces the second factor.',
            ),
          },
          { examples: [{ email: 'ada@example.com', password: 'correct horse battery' }] },
        ),
        response: {
          200: SignInResponse,
          ...problemResponses(
            'invalid_credentials',
            'password_reset_required',
            'account_suspended',
            'too_many_attempts',
            'unavailable',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const { email, password } = request.body
      ensurePasswordLength(password)
      const result = await signIn(deps, {
        email: parseEmailAddress(email),
        password,
        deviceToken: cookieSessions.deviceTokenOf(request),
        client: clientOf(request),
      })
      return signInResponse(accessTokens, result)
    },
  )

  app.post(
    '/auth/SignIn/Mfa',
    {
      schema: {
        operationId: 'verifyMfa',
        tags,
        summary: 'Complete signing in with the second factor',
        description:
          'A code works once. Five wrong codes end the sign-in, and there is a limit on the wrong codes of an account over all its sign-ins.',
        body: StrictObject(
          {
            mfaToken: MfaToken,
            mfaMethod: Type.Optional(ChallengeMethod),
            code: Code,
            deviceToken: DeviceToken('The one of `SignIn` need not be sent again.'),
            rememberDevice: RememberDevice,
          },
          { examples: [{ mfaToken: 'from the response to SignIn', code: '123456' }] },
        ),
        response: {
          200: TokenResponse,
          ...problemResponses(
            'invalid_code',
            'mfa_token_expired',
            'invalid_token',
            'password_reset_required',
            'account_suspended',
            'too_many_attempts',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const deviceToken = cookieSessions.deviceTokenOf(request)
      const attempt = { ...request.body, deviceToken, client: clientOf(request) }
      const result = await transaction((tx) => verifyChallenge(tx, deps, attempt))
      if ('issued' in result) return tokenResponse(accessTokens, result.issued)
      const { attemptsLeft } = result
      throw new Problem('invalid_code', wrongCodeDetail(attemptsLeft), { attemptsLeft })
    },
  )

  app.post(
    '/auth/SignIn/MfaCode',
    {
      schema: {
        operationId: 'sendMfaCode',
        tags,
        summary: 'Send another code',
        description:
          'By the same method, or by another one that is set up. Wrong codes stay counted.',
        body: StrictObject({ mfaToken: MfaToken, mfaMethod: Type.Optional(ChallengeMethod) }),
        response: {
          202: CodeSent,
          ...problemResponses(
            'mfa_token_expired',
            'account_suspended',
            'method_not_set_up',
            'too_many_messages',
            'sms_unavailable',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request, reply) => {
      const sent = await transaction((tx) => resendCode(tx, deps, request.body))
      return reply.code(202).send(sent)
    },
  )

  app.post(
    '/auth/Reauthenticate',
    {
      onRequest: guard.allowSetupSession,
      schema: {
        operationId: 'reauthenticate',
        tags,
        summary: 'Confirm that it’s you',
        description:
          'Renews the `auth_time` of the session. While MFA is on, the second factor comes next. An account without a password gets a challenge for its passkey first, and repeats the call with `assertion`.',
        security: bearer,
        body: StrictObject(
          { password: Type.Optional(Password), assertion: Type.Optional(AssertionResponse) },
          { examples: [{ password: 'correct horse battery' }] },
        ),
        response: {
          200: SignInResponse,
          202: AssertionRequired,
          ...problemResponses(
            ...tokenProblems,
            'invalid_credentials',
            'invalid_passkey',
            'method_not_set_up',
            'password_reset_required',
            'account_suspended',
            'too_many_attempts',
            'unavailable',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const confirmation = await confirmOwner(deps, principal, ['reauthenticate'], {
        field: 'password',
        ...request.body,
      })
      if ('assertionRequired' in confirmation) {
        return reply.code(202).send(confirmation.assertionRequired)
      }
      return signInResponse(accessTokens, await reauthenticate(deps, principal, confirmation))
    },
  )
}

async function signInResponse(accessTokens: AccessTokens, result: SignInResult | undefined) {
  if (!result) {
    throw new Problem('invalid_credentials', 'The address or the password is not right.')
  }
  return 'mfaRequired' in result ? result.mfaRequired : tokenResponse(accessTokens, result.issued)
}

function ensurePasswordLength(password: string): void {
  if (Buffer.byteLength(password) <= maxPasswordBytes) return
  throw invalidField('/password', 'is longer than 1,024 bytes, the most a password can have')
}

function wrongCodeDetail(attemptsLeft: number): string {
  if (attemptsLeft === 0) return 'That code isn’t right. Please sign in again.'
  return `That code isn’t right. You have ${attemptsLeft} ${attemptsLeft === 1 ? 'try' : 'tries'} left.`
}
