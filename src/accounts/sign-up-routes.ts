import { Type } from 'typebox'
import type { Settings } from '../config/settings.ts'
import { signUpPolicyOf } from '../config/sign-up-policy.ts'
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
import type { Db } from '../store/open.ts'
import type { RunTransaction, Tx } from '../store/transaction.ts'
import { ensureGoodPassword } from './password/password-policy.ts'
import { parseName, parseUsername } from './profile-fields.ts'
import { ProfileName, Username } from './profile-schemas.ts'
import { completeSignUp, consumeSignUpLimits, type SignUpProfile, startSignUp } from './sign-up.ts'
import { ensureMaySignUp } from './sign-up-policy.ts'
import { isUsernameFree, usernameTaken } from './username.ts'

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
    db: Db
    keyring: Tx['keyring']
    transaction: RunTransaction
    rateLimiter: RateLimiter
    passwords: PasswordHasher
    accessTokens: AccessTokens
    rules: SessionRules
    settings: Pick<Settings, 'passwordMinLength' | 'brandName' | 'signUp'>
  },
): void {
  const { db, keyring, transaction, rateLimiter, passwords, accessTokens, settings } = deps
  const { passwordMinLength: minLength, brandName } = settings
  const policy = signUpPolicyOf(settings)

  app.post(
    '/auth/SignUp',
    {
      schema: {
        operationId: 'signUp',
        tags,
        summary: 'Sign up',
        description:
          'Sends a code to the address. `POST /auth/SignUp/Verify` creates the account. An address that already has an account gets another message and the same response. A `preferredUsername` that is taken is refused: it stays with its account, and its owner can’t change it later. `LATCHKEY_SIGN_UP` decides who may sign up.',
        body: StrictObject(
          {
            email: Email,
            password: Password,
            name: Type.Optional(ProfileName),
            preferredUsername: Type.Optional(Username),
          },
          {
            examples: [
              { email: 'ada@example.com', password: 'correct horse battery' },
              {
                email: 'ada@example.com',
                password: 'correct horse battery',
                name: 'Ada Lovelace',
                preferredUsername: 'ada',
              },
            ],
          },
        ),
        response: {
          202: SignUpCodeSent,
          ...problemResponses(
            'invalid_password',
            'username_taken',
            'invitation_required',
            'email_domain_not_allowed',
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
      ensureMaySignUp(policy, email.key)
      const { password } = request.body
      const profile = parseSignUpProfile(request.body)
      await ensureGoodPassword(password, { email: email.key, minLength, brandName })
      const client = clientOf(request)
      const passwordHash = await passwords.withSlot(networkOf(client.ipAddress), async () => {
        await transaction((tx) => consumeSignUpLimits(tx, rateLimiter, { email, client }))
        // Counted before, so that nobody lists usernames.
        const { preferredUsername } = profile
        if (
          preferredUsername !== undefined &&
          !(await isUsernameFree(db, keyring, preferredUsername))
        ) {
          throw usernameTaken()
        }
        return passwords.hash(password)
      })
      const sent = await padTiming(() =>
        transaction((tx) => startSignUp(tx, { email, passwordHash, profile, client })),
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
          'Creates the account, with the password of the sign-up that `signUpToken` belongs to. Any code that was sent to the address in the last 15 minutes proves the mailbox: if somebody else signs up with it too, their code works as well, and their password does not. Five wrong codes end the sign-up. If somebody took the username meanwhile, the answer is `username_taken`: send the same code with another `preferredUsername`.',
        body: StrictObject(
          {
            signUpToken: Token('From the response to `POST /auth/SignUp`.'),
            code: Code,
            preferredUsername: Type.Optional(Username),
          },
          { examples: [{ signUpToken: 'from the response to SignUp', code: '123456' }] },
        ),
        response: {
          201: TokenResponse,
          ...problemResponses(
            'invalid_code',
            'sign_up_token_expired',
            'username_taken',
            'invitation_required',
            'email_domain_not_allowed',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request, reply) => {
      const { preferredUsername } = parseSignUpProfile(request.body)
      const attempt = { ...request.body, preferredUsername, client: clientOf(request) }
      const result = await transaction((tx) => completeSignUp(tx, { ...deps, policy }, attempt))
      if (result === 'usernameTaken') throw usernameTaken()
      if ('issued' in result) {
        return reply.code(201).send(tokenResponse(accessTokens, result.issued))
      }
      const { attemptsLeft } = result
      throw new Problem('invalid_code', wrongCodeDetail(attemptsLeft), { attemptsLeft })
    },
  )
}

function parseSignUpProfile(body: SignUpProfile): SignUpProfile {
  const { name, preferredUsername } = body
  return {
    name: name === undefined ? undefined : parseName(name),
    preferredUsername:
      preferredUsername === undefined ? undefined : parseUsername(preferredUsername),
  }
}

function wrongCodeDetail(attemptsLeft: number): string {
  if (attemptsLeft === 0) return 'That code isn’t right. Please sign up again.'
  return `That code isn’t right. You have ${attemptsLeft} ${attemptsLeft === 1 ? 'try' : 'tries'} left.`
}
