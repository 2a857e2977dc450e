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
  TokenResponse,
} from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { padTiming } from '../lib/pad-timing.ts'
import type { PasswordHasher } from '../lib/password-hasher.ts'
import { Problem } from '../lib/problem.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import type { AccessTokens } from '../sessions/access-token.ts'
import { tokenResponse } from '../sessions/issue-session.ts'
import type { SessionRules } from '../sessions/session.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { ensureGoodPassword } from './password/password-policy.ts'
import {
  completeSignUp,
  consumeSignUpCodeLimits,
  consumeSignUpLimits,
  startSignUp,
} from './sign-up.ts'

const tags = ['Accounts']

const SignUpCodeSent = Type.Object(
  {
    status: Type.Literal('codeSent'),
    sentTo: Type.String({ examples: ['a•••@example.com'] }),
    expiresIn: Seconds('Seconds until the code expires.'),
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
      const passwordHash = await passwords.withSlot(async () => {
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
          'Creates the account. Send the password again to set that one, whichever code was entered. Without it, the account gets the password of the sign-up that the code belongs to, which may be somebody else’s sign-up with this address.',
        body: StrictObject(
          { email: Email, code: Code, password: Type.Optional(Password) },
          {
            examples: [
              { email: 'ada@example.com', code: '123456', password: 'correct horse battery' },
            ],
          },
        ),
        response: {
          201: TokenResponse,
          ...problemResponses(
            'invalid_code',
            'invalid_password',
            'too_many_attempts',
            'unavailable',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request, reply) => {
      const email = parseEmailField(request.body.email)
      const { code, password } = request.body
      const client = clientOf(request)
      if (password !== undefined) {
        await ensureGoodPassword(password, { email: email.key, minLength, brandName })
      }
      const complete = async () => {
        const reservation = await transaction((tx) =>
          consumeSignUpCodeLimits(tx, rateLimiter, { email, client }),
        )
        const passwordHash = password === undefined ? undefined : await passwords.hash(password)
        return transaction((tx) =>
          completeSignUp(tx, deps, { email, code, passwordHash, client, reservation }),
        )
      }
      const issued = await (password === undefined ? complete() : passwords.withSlot(complete))
      if (!issued) {
        throw new Problem('invalid_code', 'That code isn’t right, or it has expired.')
      }
      return reply.code(201).send(await tokenResponse(accessTokens, issued))
    },
  )
}
