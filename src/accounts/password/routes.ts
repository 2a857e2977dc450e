import { Type } from 'typebox'
import type { App } from '../../http/app.ts'
import { emailAddress, fieldProblem } from '../../http/fields.ts'
import {
  Body,
  bearer,
  Code,
  Email,
  Instant,
  Password,
  problems,
  Seconds,
  stepUp,
  Token,
  withBody,
} from '../../http/schemas.ts'
import { clientOf } from '../../lib/client.ts'
import { inEvenTime } from '../../lib/even-time.ts'
import { Problem } from '../../lib/problem.ts'
import { signedIn } from '../../sessions/guard.ts'
import type { Settings } from '../../settings.ts'
import { transaction } from '../../store/transaction.ts'
import {
  changePassword,
  countReset,
  forgotPassword,
  type PasswordHouse,
  type ResetProof,
  resetPassword,
} from './password.ts'
import { ensureGoodPassword } from './rules.ts'

const tags = ['Accounts']

const NewPassword = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: 'Any characters, up to 1,024 bytes.',
  examples: ['horse battery correct'],
})

export function passwordRoutes(
  app: App,
  house: PasswordHouse & { settings: Pick<Settings, 'passwordMinLength' | 'brandName'> },
): void {
  const { db, guard, limits, passwords, settings } = house
  const { passwordMinLength: minLength, brandName } = settings

  app.put(
    '/settings/Password',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'changePassword',
        tags,
        summary: 'Change the password',
        description: 'Other sessions end, and no device is trusted any more. The owner is told.',
        security: bearer,
        body: Body({ currentPassword: Password, newPassword: NewPassword }),
        response: {
          200: Type.Object({ changedAt: Instant('When.') }, { description: 'Changed.' }),
          ...problems(
            ...stepUp,
            'invalid_credentials',
            'invalid_password',
            'too_many_attempts',
            'unavailable',
            ...withBody,
          ),
        },
      },
    },
    async (request) => {
      const who = signedIn(request)
      const { currentPassword, newPassword } = request.body
      const { email } = await db
        .selectFrom('account')
        .select('email')
        .where('id', '=', who.account)
        .executeTakeFirstOrThrow()
      await ensureGoodPassword(newPassword, { email, minLength, brandName, field: 'newPassword' })
      const changed = await changePassword(house, who, { currentPassword, newPassword })
      if (changed) return changed
      throw new Problem('invalid_credentials', 'The current password is not right.')
    },
  )

  app.post(
    '/auth/ForgotPassword',
    {
      schema: {
        operationId: 'forgotPassword',
        tags,
        summary: 'Ask for a new password',
        description: 'Sends a code to the address. The answer is the same for everyone.',
        body: Body({ email: Email }),
        response: {
          202: Type.Object(
            {
              status: Type.Literal('codeSent'),
              expiresIn: Seconds('Seconds that the code works.'),
            },
            { description: 'If the address has an account, a code is on its way to it.' },
          ),
          ...problems('too_many_attempts', 'too_many_messages', ...withBody),
        },
      },
    },
    async (request, reply) => {
      const email = emailAddress(request.body.email)
      const client = clientOf(request)
      const sent = await inEvenTime(() =>
        transaction(db, (tx) => forgotPassword(tx, house, { email, client })),
      )
      return reply.code(202).send(sent)
    },
  )

  app.post(
    '/auth/ResetPassword',
    {
      schema: {
        operationId: 'resetPassword',
        tags,
        summary: 'Set a new password',
        description:
          'With the mailed code, or with the `resetToken` of an undo. Every session and trusted device ends; signing in asks for the second factor as ever.',
        body: Body(
          {
            email: Type.Optional(Email),
            code: Type.Optional(Code),
            resetToken: Type.Optional(Token('From `POST /auth/Undo`; instead of email and code.')),
            newPassword: NewPassword,
          },
          {
            examples: [
              { email: 'ada@example.com', code: '123456', newPassword: 'horse battery correct' },
            ],
          },
        ),
        response: {
          200: Type.Object(
            { status: Type.Literal('passwordReset') },
            { description: 'It is set. Sign in with it.' },
          ),
          ...problems(
            'invalid_code',
            'reset_token_expired',
            'account_suspended',
            'invalid_password',
            'too_many_attempts',
            'unavailable',
            ...withBody,
          ),
        },
      },
    },
    async (request) => {
      const { newPassword } = request.body
      const proof = resetProof(request.body)
      const email = 'email' in proof ? proof.email.key : ''
      await ensureGoodPassword(newPassword, { email, minLength, brandName, field: 'newPassword' })
      const client = clientOf(request)
      const passwordHash = await passwords.inLine(async () => {
        await transaction(db, (tx) => countReset(tx, limits, client))
        return passwords.hash(newPassword)
      })
      const right = await transaction(db, (tx) =>
        resetPassword(tx, house, proof, { passwordHash, client }),
      )
      if (right) return { status: 'passwordReset' as const }
      throw new Problem('invalid_code', 'That code isn’t right, or it is too old.')
    },
  )
}

function resetProof(body: { email?: string; code?: string; resetToken?: string }): ResetProof {
  const { email, code, resetToken } = body
  if (resetToken !== undefined && email === undefined && code === undefined) return { resetToken }
  if (email !== undefined && code !== undefined && resetToken === undefined) {
    return { email: emailAddress(email), code }
  }
  throw fieldProblem('/code', 'goes with email; or send resetToken instead of both')
}
