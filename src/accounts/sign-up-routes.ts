import { Type } from 'typebox'
import type { Settings } from '../config/settings.ts'
import type { App } from '../http/app.ts'
import { parseEmailField } from '../http/fields.ts'
import {
  bodyProblems,
  Code,
  Email,
  Password,
  problemResponses,
  Seconds,
  StrictObject,
  Token,
  TokenResponse,
} from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { networkOf } from '../lib/network.ts'
import { padTiming } from '../lib/pad-timing.ts'
import type { PasswordHasher } from '../lib/password-hasher.ts'
import { Problem } from '../lib/problem.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import type { AccessTokens } from '../sessions/access-token.ts'
import { tokenResponse } from '../sessions/issue-session.ts'
import type { SessionRules } from '../sessions/session.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { ensureGoodPassword } from './password/password-policy.ts'
import { completeSignUp, consumeSignUpLimits, startSignUp } from './sign-up.ts'

const tags = ['Accounts']

const SignUpCodeSent = Type.Object(
  {
    status: Type.Literal('codeSent'),
    signUpToken: Type.String({
      description: 'For `POST /auth/SignUp/Verify`. Keep it in memory beside the address.',
    }),
    sentTo: Type.String({ examples: ['a•••@example.com'] }),
    expiresIn: Seconds('Seconds until the code and the token expire.'),
  },
  { description: 'If the address has no account yet, a code was sent to it.' },
)

export function signUpRoutes(
  app: App,
  deps: {
    transaction: RunTransaction
    rateLimiter: RateLimiter
    passwords: PasswordHasher
    accessTokens: AccessTokens
    rules: SessionRules
    settings: Pick<Settings, 'passwordMinLength' | 'brandName'>
  },
): void {
  const { transaction, rateLimiter, passwords, accessTokens, settings } = deps
  const { passwordMinLength: minLength, brandName } = settings

  app.post(
    '/auth/SignUp',
    {
      schema: {
        operationId: 'signUp',
        tags,
        summary: 'Sign up',
        description:
          'Sends a code to the address. `POST /auth/SignUp/Verify` creates the account. An address that already has an account gets another message and the same response.',
        body: StrictObject(
          { email: Email, password: Password },
          { examples: [{ email: 'ada@example.com', password: 'correct horse battery' }] },
        ),
        response: {
          202: SignUpCodeSent,
          ...problemResponses(
            'invalid_password',
            'too_many_attempts',
            'too_many_messages',
            'unavailable',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request, reply) => {
      const email = parseEmailField(request.body.email)
      const { password } = request.body
      await ensureGoodPassword(password, { email: email.key, minLength, brandName })
      const client = clientOf(request)
      const passwordHash = await passwords.withSlot(networkOf(client.ipAddress), async () => {
        await transaction((tx) => consumeSignUpLimits(tx, rateLimiter, { email, client }))
        return passwords.hash(password)
      })
      const sent = await padTiming(() =>
        transaction((tx) => startSignUp(tx, { email, passwordHash, client })),
      )
      return reply.code(202).send(sent)
    },
  )

  app.post(
    '/auth/SignUp/Verify',
    {
      schema: {
        operationId: 'verifySignUp',
        tags,
        summary: 'Complete a sign-up with the code',
        description:
          'Creates the account, with the password of the sign-up that `signUpToken` belongs to. Any code that was sent to the address in the last 15 minutes proves the mailbox: if somebody else signs up with it too, their code works as well, and their password does not. Five wrong codes end the sign-up.',
        body: StrictObject(
          { signUpToken: Token('From the response to `POST /auth/SignUp`.'), code: Code },
          { examples: [{ signUpToken: 'from the response to SignUp', code: '123456' }] },
        ),
        response: {
          201: TokenResponse,
          ...problemResponses('invalid_code', 'sign_up_token_expired', ...bodyProblems),
        },
      },
    },
    async (request, reply) => {
      const attempt = { ...request.body, client: clientOf(request) }
      const result = await transaction((tx) => completeSignUp(tx, deps, attempt))
      if ('issued' in result) {
        return reply.code(201).send(tokenResponse(accessTokens, result.issued))
      }
      const { attemptsLeft } = result
      throw new Problem('invalid_code', wrongCodeDetail(attemptsLeft), { attemptsLeft })
    },
  )
}

function wrongCodeDetail(attemptsLeft: number): string {
  if (attemptsLeft === 0) return 'That code isn’t right. Please sign up again.'
  return `That code isn’t right. You have ${attemptsLeft} ${attemptsLeft === 1 ? 'try' : 'tries'} left.`
}
