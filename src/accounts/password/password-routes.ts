import { Type } from 'typebox'
import type { Settings } from '../../config/settings.ts'
import type { App } from '../../http/app.ts'
import { invalidField, parseEmailField } from '../../http/fields.ts'
import {
  bearer,
  bodyProblems,
  Code,
  confirmationProblems,
  DeviceToken,
  Email,
  Instant,
  Password,
  problemResponses,
  Seconds,
  StrictObject,
  Token,
} from '../../http/schemas.ts'
import { clientOf } from '../../lib/client.ts'
import { padTiming } from '../../lib/pad-timing.ts'
import { Problem } from '../../lib/problem.ts'
import { type ConfirmOwnerDeps, confirmOwner } from '../../mfa/confirm-owner.ts'
import { AssertionResponse } from '../../mfa/passkey/schemas.ts'
import { AssertionRequired } from '../../mfa/schemas.ts'
import type { CookieSessions } from '../../sessions/cookie-sessions.ts'
import { type Guard, principalOf } from '../../sessions/guard.ts'
import { leftovers } from '../../undo/schemas.ts'
import { changePassword } from './password-change.ts'
import { ensureGoodPassword } from './password-policy.ts'
import {
  addressOfReset,
  consumeResetLimit,
  originOfReset,
  type ResetCredential,
  requestPasswordReset,
  resetPassword,
} from './password-reset.ts'

const tags = ['Accounts']

const NewPassword = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: 'Any characters, up to 1,024 bytes.',
  examples: ['horse battery correct'],
})

export function passwordRoutes(
  app: App,
  deps: ConfirmOwnerDeps & {
    guard: Guard
    cookieSessions: CookieSessions
    settings: Pick<Settings, 'passwordMinLength' | 'brandName'>
  },
): void {
  const { db, transaction, guard, rateLimiter, passwords, settings } = deps
  const { passwordMinLength: minLength, brandName } = settings
  const { deviceTokenOf } = deps.cookieSessions

  app.put(
    '/settings/Password',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'changePassword',
        tags,
        summary: 'Change the password',
        description:
          'All other sessions end, and no device stays trusted. The owner is notified. An account without a password gets its first one: without `assertion`, it gets a challenge for its passkey.',
        security: bearer,
        body: StrictObject({
          currentPassword: Type.Optional(Password),
          assertion: Type.Optional(AssertionResponse),
          newPassword: NewPassword,
        }),
        response: {
          200: Type.Object(
            { changedAt: Instant('When it was changed.') },
            { description: 'Changed.' },
          ),
          202: AssertionRequired,
          ...problemResponses(...confirmationProblems, 'invalid_password'),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { currentPassword, assertion, newPassword } = request.body
      const { email } = await db
        .selectFrom('account')
        .select('email')
        .where('id', '=', principal.account)
        .executeTakeFirstOrThrow()
      await ensureGoodPassword(newPassword, {
        ...{ email, currentPassword, minLength, brandName },
        field: 'newPassword',
      })
      const confirmation = await confirmOwner(deps, principal, ['changePassword', newPassword], {
        field: 'currentPassword',
        password: currentPassword,
        assertion,
      })
      if ('assertionRequired' in confirmation) {
        return reply.code(202).send(confirmation.assertionRequired)
      }
      return changePassword(deps, principal, { confirmation, newPassword })
    },
  )

  app.post(
    '/auth/ForgotPassword',
    {
      schema: {
        operationId: 'forgotPassword',
        tags,
        summary: 'Request a password reset',
        description:
          'Sends a code to the address. The response does not reveal whether the address has an account.',
        body: StrictObject({
          email: Email,
          deviceToken: DeviceToken('Strangers cannot use up the emails of a known device.'),
        }),
        response: {
          202: Type.Object(
            {
              status: Type.Literal('codeSent'),
              expiresIn: Seconds('Seconds until the code expires.'),
            },
            { description: 'If the address has an account, a code was sent to it.' },
          ),
          ...problemResponses('too_many_attempts', 'too_many_messages', ...bodyProblems),
        },
      },
    },
    async (request, reply) => {
      const email = parseEmailField(request.body.email)
      const from = { client: clientOf(request), deviceToken: deviceTokenOf(request) }
      const sent = await padTiming(() =>
        transaction((tx) => requestPasswordReset(tx, deps, { email, ...from })),
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
        summary: 'Reset the password',
        description:
          'Takes the emailed code, or the `resetToken` of an undo. All sessions end, no device stays trusted, and all devices and networks are forgotten but those of the call. MFA stays on.',
        body: StrictObject(
          {
            email: Type.Optional(Email),
            code: Type.Optional(Code),
            resetToken: Type.Optional(
              Token('From `POST /auth/Undo`; replaces `email` and `code`.'),
            ),
            newPassword: NewPassword,
            deviceToken: DeviceToken('This device stays known.'),
          },
          {
            examples: [
              { email: 'ada@example.com', code: '123456', newPassword: 'horse battery correct' },
            ],
          },
        ),
        response: {
          200: Type.Object(
            { status: Type.Literal('passwordReset'), ...leftovers },
            { title: 'PasswordReset', description: 'The new password is set. Sign in with it.' },
          ),
          ...problemResponses(
            'invalid_code',
            'reset_token_expired',
            'account_suspended',
            'invalid_password',
            'too_many_attempts',
            'unavailable',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const { newPassword } = request.body
      const credential = resetCredentialOf(request.body)
      const email = await transaction((tx) => addressOfReset(tx, credential))
      await ensureGoodPassword(newPassword, { email, minLength, brandName, field: 'newPassword' })
      const from = { client: clientOf(request), deviceToken: deviceTokenOf(request) }
      const { key } = await transaction((tx) => originOfReset(tx, credential, from))
      const passwordHash = await passwords.withSlot(key, async () => {
        await transaction((tx) => consumeResetLimit(tx, rateLimiter, key))
        return passwords.hash(newPassword)
      })
      const reset = await transaction((tx) =>
        resetPassword(tx, deps, credential, { passwordHash, ...from }),
      )
      if (reset) return { status: 'passwordReset' as const, ...reset }
      throw new Problem('invalid_code', 'That code isn’t right, or it has expired.')
    },
  )
}

function resetCredentialOf(body: {
  email?: string
  code?: string
  resetToken?: string
}): ResetCredential {
  const { email, code, resetToken } = body
  if (resetToken !== undefined && email === undefined && code === undefined) return { resetToken }
  if (email !== undefined && code !== undefined && resetToken === undefined) {
    return { email: parseEmailField(email), code }
  }
  throw invalidField('/code', 'must be sent with email; or send resetToken instead of both')
}
