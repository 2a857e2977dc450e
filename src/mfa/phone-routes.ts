import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { phoneNumber as parsePhone } from '../http/fields.ts'
import {
  Body,
  bearer,
  Code,
  CodeSent,
  Instant,
  problems,
  stepUp,
  withBody,
} from '../http/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import type { Asker } from './challenge.ts'
import { read } from './mfa-sign-in.ts'
import { beginPhoneChange, changePhone, removePhone } from './phone.ts'
import { MfaSignIn, PhoneNumber } from './schemas.ts'

const tags = ['Multi-factor sign-in']

export function phoneRoutes(app: App, house: Asker & { db: Db; guard: Guard }): void {
  const { db, guard, mfaMethods } = house

  app.post(
    '/settings/PhoneNumber',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'changePhoneNumber',
        tags,
        summary: 'Set or change the phone number',
        description:
          'Without `code` one is sent to the number; with it the number is the account’s. The owner is told.',
        security: bearer,
        body: Body(
          { phoneNumber: PhoneNumber, code: Type.Optional(Code) },
          { examples: [{ phoneNumber: '+14155550123' }] },
        ),
        response: {
          200: Type.Object(
            { phoneNumber: Type.String(), verifiedAt: Instant('When.') },
            { description: 'Changed.' },
          ),
          202: CodeSent,
          ...problems(
            ...stepUp,
            ...withBody,
            'invalid_code',
            'too_many_attempts',
            'too_many_messages',
            'sms_unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const who = signedIn(request)
      const phoneNumber = parsePhone(request.body.phoneNumber)
      const { code } = request.body
      const outcome = await transaction(db, async (tx) => {
        const account = await guard.hold(tx, who)
        return code === undefined
          ? { sent: await beginPhoneChange(tx, house, account, who, phoneNumber) }
          : { changed: await changePhone(tx, house, account, who, { phoneNumber, code }) }
      })
      if (outcome.sent) return reply.code(202).send(outcome.sent)
      if (outcome.changed) return outcome.changed
      throw new Problem('invalid_code', 'That code isn’t right. Please use the newest one.')
    },
  )

  app.delete(
    '/settings/PhoneNumber',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'removePhoneNumber',
        tags,
        summary: 'Remove the phone number',
        description:
          'If codes by text were the MFA method, the strongest other one takes over. The owner is told.',
        security: bearer,
        response: {
          200: Type.Object(
            { phoneNumber: Type.Null(), mfaSignIn: MfaSignIn },
            { description: 'It is gone, and this is what signing in asks for now.' },
          ),
          ...problems(...stepUp, ...withBody, 'last_method'),
        },
      },
    },
    (request) =>
      transaction(db, async (tx) => {
        const who = signedIn(request)
        const account = await guard.hold(tx, who)
        await removePhone(tx, house, account, who)
        return { phoneNumber: null, mfaSignIn: await read(tx, account.id, mfaMethods) }
      }),
  )
}
