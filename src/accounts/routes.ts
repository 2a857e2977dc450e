import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { emailAddress } from '../http/fields.ts'
import {
  Body,
  Code,
  Email,
  Password,
  problems,
  Seconds,
  SignedIn,
  withBody,
} from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { inEvenTime } from '../lib/even-time.ts'
import type { Keys } from '../lib/keys.ts'
import type { Passwords } from '../lib/passwords.ts'
import { Problem } from '../lib/problem.ts'
import type { Limits } from '../limits/limits.ts'
import type { AccessTokens } from '../sessions/access-token.ts'
import { signedInAnswer } from '../sessions/gate.ts'
import type { SessionRules } from '../sessions/session.ts'
import type { Settings } from '../settings.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { ensureGoodPassword } from './password/rules.ts'
import { begin, count, countCode, verify } from './sign-up.ts'

const tags = ['Accounts']

const CodeSent = Type.Object(
  {
    status: Type.Literal('codeSent'),
    sentTo: Type.String({ examples: ['a•••@example.com'] }),
    expiresIn: Seconds('Seconds that the code works.'),
  },
  { description: 'If the address has no account yet, a code is on its way to it.' },
)

export function accountRoutes(
  app: App,
  house: {
    db: Db
    keys: Keys
    limits: Limits
    passwords: Passwords
    accessTokens: AccessTokens
    rules: SessionRules
    settings: Pick<Settings, 'passwordMinLength' | 'brandName'>
  },
): void {
  const { db, keys, limits, passwords, accessTokens, settings } = house
  const { passwordMinLength: minLength, brandName } = settings

  app.post(
    '/auth/SignUp',
    {
      schema: {
        operationId: 'signUp',
        tags,
        summary: 'Sign up',
        description:
          'Sends a code to the address; the account begins when the code comes back. The answer is the same for an address that has an account: its owner gets another message.',
        body: Body(
          { email: Email, password: Password },
          { examples: [{ email: 'ada@example.com', password: 'correct horse battery' }] },
        ),
        response: {
          202: CodeSent,
          ...problems(
            'invalid_password',
            'too_many_attempts',
            'too_many_messages',
            'unavailable',
            ...withBody,
          ),
        },
      },
    },
    async (request, reply) => {
      const email = emailAddress(request.body.email)
      const { password } = request.body
      await ensureGoodPassword(password, { email: email.key, minLength, brandName })
      const client = clientOf(request)
      const passwordHash = await passwords.inLine(async () => {
        await transaction(db, (tx) => count(tx, limits, { email, client }))
        return passwords.hash(password)
      })
      const sent = await inEvenTime(() =>
        transaction(db, (tx) => begin(tx, keys, { email, passwordHash, client })),
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
        summary: 'Finish signing up with the code',
        description:
          'Makes the account. Send the password again: it is then the account’s, whichever code was typed. Without it the account gets the password of the sign-up that the code belongs to, and somebody else may have signed up with the same address.',
        body: Body(
          { email: Email, code: Code, password: Type.Optional(Password) },
          {
            examples: [
              { email: 'ada@example.com', code: '123456', password: 'correct horse battery' },
            ],
          },
        ),
        response: {
          201: SignedIn,
          ...problems(
            'invalid_code',
            'invalid_password',
            'too_many_attempts',
            'unavailable',
            ...withBody,
          ),
        },
      },
    },
    async (request, reply) => {
      const email = emailAddress(request.body.email)
      const { code, password } = request.body
      const client = clientOf(request)
      if (password !== undefined) {
        await ensureGoodPassword(password, { email: email.key, minLength, brandName })
      }
      const verifyNow = async () => {
        const taken = await transaction(db, (tx) => countCode(tx, limits, { email, client }))
        const passwordHash = password === undefined ? undefined : await passwords.hash(password)
        return transaction(db, (tx) =>
          verify(tx, house, { email, code, passwordHash, client, taken }),
        )
      }
      const entered = await (password === undefined ? verifyNow() : passwords.inLine(verifyNow))
      if (!entered) {
        throw new Problem('invalid_code', 'That code isn’t right, or it is too old.')
      }
      return reply.code(201).send(await signedInAnswer(accessTokens, entered))
    },
  )
}
