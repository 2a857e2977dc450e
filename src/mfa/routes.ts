import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { emailAddress, fieldProblem, phoneNumber as parsePhone } from '../http/fields.ts'
import {
  Body,
  bearer,
  Code,
  CodeSent,
  Email,
  problems,
  stepUp,
  withBody,
  withToken,
} from '../http/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import type { Settings } from '../settings.ts'
import type { Db } from '../store/open.ts'
import type { Asker } from './challenge.ts'
import { read, turnOff, turnOn } from './mfa-sign-in.ts'
import { prove } from './proof.ts'
import { MfaMethod, MfaSignIn, MfaSignInOn } from './schemas.ts'

const tags = ['Multi-factor sign-in']

const TurnOn = Body(
  {
    mfaMethod: MfaMethod,
    phoneNumber: Type.Optional(
      Type.String({
        maxLength: 32,
        description: 'For `sms`: the number in international form. Left out, the proven one.',
      }),
    ),
    email: Type.Optional(Email),
    code: Type.Optional(Code),
    endOtherSessions: Type.Optional(
      Type.Boolean({ default: true, description: 'Whether every other session ends.' }),
    ),
  },
  {
    examples: [
      { mfaMethod: 'authenticator', code: '123456' },
      { mfaMethod: 'sms', phoneNumber: '+14155550123' },
    ],
  },
)

export function mfaRoutes(
  app: App,
  house: Asker & {
    db: Db
    guard: Guard
    settings: Pick<Settings, 'mfaPolicy'>
  },
): void {
  const { db, keys, guard, settings, mfaMethods } = house

  app.get(
    '/settings/MfaSignIn',
    {
      onRequest: guard.settingUp,
      schema: {
        operationId: 'readMfaSignIn',
        tags,
        summary: 'Read whether MFA is on',
        security: bearer,
        response: { 200: MfaSignIn, ...problems(...withToken) },
      },
    },
    (request) => read(db, signedIn(request).account, mfaMethods),
  )

  app.post(
    '/settings/MfaSignIn',
    {
      onRequest: guard.settingUpRecently,
      schema: {
        operationId: 'turnOnMfaSignIn',
        tags,
        summary: 'Turn MFA on, or change the method',
        description:
          'No method is switched on before its owner has proven to hold it. For `sms` and `email`, call it without `code` to have one sent, then with the code. For `authenticator`, set up a secret first.',
        security: bearer,
        body: TurnOn,
        response: {
          200: MfaSignInOn,
          202: CodeSent,
          ...problems(
            ...stepUp,
            ...withBody,
            'invalid_code',
            'method_not_set_up',
            'too_many_attempts',
            'too_many_messages',
            'sms_unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const who = signedIn(request)
      const { mfaMethod: method, code, endOtherSessions = true } = request.body
      ensureOffered(method, mfaMethods)
      const to = destination(request.body)

      const outcome = await db.transaction().execute(async (tx) => {
        const account = await guard.hold(tx, who)
        const proven = await prove(tx, house, account, who, { method, to, code })
        if (proven === 'wrong' || (typeof proven === 'object' && 'sent' in proven)) return proven
        const recoveryCodes =
          proven === 'onAlready'
            ? undefined
            : await turnOn(tx, keys, account, proven.proof, {
                by: 'owner',
                ...who,
                keepOthers: !endOtherSessions,
              })
        const state = await read(tx, account.id, mfaMethods)
        return { on: { ...state, ...(recoveryCodes && { recoveryCodes }) } }
      })

      if (outcome === 'wrong') {
        throw new Problem('invalid_code', 'That code isn’t right. Please use the newest one.')
      }
      return 'sent' in outcome ? reply.code(202).send(outcome.sent) : outcome.on
    },
  )

  app.delete(
    '/settings/MfaSignIn',
    {
      onRequest: guard.settingUpRecently,
      schema: {
        operationId: 'turnOffMfaSignIn',
        tags,
        summary: 'Turn MFA off',
        description:
          'From now on the password alone signs in, and sign-ins that wait for a code are void. The owner is told. What is set up stays set up.',
        security: bearer,
        response: {
          200: MfaSignIn,
          ...problems(...stepUp, ...withBody, 'mfa_required_by_policy'),
        },
      },
    },
    (request) => {
      ensureOwnersMayChoose(settings)
      return db.transaction().execute(async (tx) => {
        const who = signedIn(request)
        const account = await guard.hold(tx, who)
        await turnOff(tx, keys, account, { by: 'owner', ...who })
        return read(tx, account.id, mfaMethods)
      })
    },
  )
}

function ensureOwnersMayChoose({ mfaPolicy }: Pick<Settings, 'mfaPolicy'>): void {
  if (mfaPolicy === 'required') {
    throw new Problem(
      'mfa_required_by_policy',
      'Everyone here signs in with a second step, so it can’t be turned off.',
    )
  }
}

function ensureOffered(method: string, offered: readonly string[]): void {
  if (!offered.includes(method)) {
    throw fieldProblem('/mfaMethod', `must be one of: ${offered.join(', ')}`)
  }
}

/** Where codes are to go, as it is stored; undefined if it was not given. */
function destination(body: {
  mfaMethod: string
  phoneNumber?: string
  email?: string
}): string | undefined {
  const { mfaMethod, phoneNumber, email } = body
  if (phoneNumber !== undefined && mfaMethod !== 'sms') {
    throw fieldProblem('/phoneNumber', 'goes with mfaMethod sms alone')
  }
  if (email !== undefined && mfaMethod !== 'email') {
    throw fieldProblem('/email', 'goes with mfaMethod email alone')
  }
  if (phoneNumber !== undefined) {
    return parsePhone(phoneNumber)
  }
  if (email !== undefined) {
    return emailAddress(email).address
  }
  return undefined
}
