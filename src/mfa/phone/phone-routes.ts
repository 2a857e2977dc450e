import { Type } from 'typebox'
import type { Settings } from '../../config/settings.ts'
import type { App } from '../../http/app.ts'
import { parsePhoneField } from '../../http/fields.ts'
import {
  bearer,
  bodyProblems,
  Code,
  CodeSent,
  Instant,
  problemResponses,
  StrictObject,
  stepUpProblems,
} from '../../http/schemas.ts'
import { Problem } from '../../lib/problem.ts'
import { type Guard, principalOf } from '../../sessions/guard.ts'
import type { RunTransaction } from '../../store/transaction.ts'
import type { SendCodeDeps } from '../../verification/send-code.ts'
import { readMfaSignIn } from '../mfa-sign-in.ts'
import { MfaSignIn, PhoneNumber } from '../schemas.ts'
import { changePhone, removePhone, startPhoneChange } from './phone.ts'

const tags = ['Multi-factor sign-in']

export function phoneRoutes(
  app: App,
  deps: SendCodeDeps & {
    transaction: RunTransaction
    guard: Guard
    settings: Pick<Settings, 'mfaMethods'>
  },
): void {
  const { transaction, guard } = deps
  const { mfaMethods } = deps.settings

  app.post(
    '/settings/PhoneNumber',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'changePhoneNumber',
        tags,
        summary: 'Set or change the phone number',
        description:
          'Without `code`, sends a code to the number; with it, changes the number of the account. Notifies the owner of the change.',
        security: bearer,
        body: StrictObject(
          {
            phoneNumber: PhoneNumber,
            code: Type.Optional(Code),
            useForSignIn: Type.Optional(
              Type.Boolean({
                description:
                  'With `code`: whether codes by text are a method of multi-factor sign-in from now on. By default as before; at first not.',
              }),
            ),
          },
          { examples: [{ phoneNumber: '+14155550123' }] },
        ),
        response: {
          200: Type.Object(
            {
              phoneNumber: Type.String(),
              verifiedAt: Instant('When the number was verified.'),
              useForSignIn: Type.Boolean({ description: 'Whether codes by text are a method.' }),
            },
            { description: 'The number is changed.' },
          ),
          202: CodeSent,
          ...problemResponses(
            ...stepUpProblems,
            ...bodyProblems,
            'invalid_code',
            'too_many_attempts',
            'too_many_messages',
            'sms_unavailable',
            'last_method',
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const phoneNumber = await parsePhoneField(request.body.phoneNumber)
      const { code, useForSignIn } = request.body
      const outcome = await transaction(async (tx) => {
        const account = await guard.lockForChange(tx, principal)
        return code === undefined
          ? { sent: await startPhoneChange(tx, deps, account, principal, phoneNumber) }
          : {
              changed: await changePhone(tx, deps, account, principal, {
                phoneNumber,
                code,
                useForSignIn,
                ranking: mfaMethods,
              }),
            }
      })
      if (outcome.sent) return reply.code(202).send(outcome.sent)
      if (outcome.changed) return outcome.changed
      throw new Problem('invalid_code', 'That code isn’t right. Please use the newest one.')
    },
  )

  app.delete(
    '/settings/PhoneNumber',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'removePhoneNumber',
        tags,
        summary: 'Remove the phone number',
        description:
          'If text messages were the MFA method, the strongest other one becomes the method. Notifies the owner.',
        security: bearer,
        response: {
          200: Type.Object(
            { phoneNumber: Type.Null(), mfaSignIn: MfaSignIn },
            {
              description: 'The number is removed. Includes the new state of multi-factor sign-in.',
            },
          ),
          ...problemResponses(...stepUpProblems, ...bodyProblems, 'last_method'),
        },
      },
    },
    (request) =>
      transaction(async (tx) => {
        const principal = principalOf(request)
        const account = await guard.lockAccount(tx, principal)
        await removePhone(tx, account, mfaMethods, principal)
        return { phoneNumber: null, mfaSignIn: await readMfaSignIn(tx, account.id, mfaMethods) }
      }),
  )
}
