import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { clientOf } from '../http/client.ts'
import { Body, bearer, Code, Email, problems, withBody, withToken } from '../http/schemas.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { parsePhoneNumber } from '../lib/phone-number.ts'
import { Problem } from '../lib/problem.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import type { Settings } from '../settings.ts'
import type { Db } from '../store/open.ts'
import type { Asker } from './challenge.ts'
import { createSecret, readSecret, removeSecret } from './mfa-secret.ts'
import { read, turnOff, turnOn } from './mfa-sign-in.ts'
import { prove } from './proof.ts'
import {
  CodeSent,
  MfaMethod,
  MfaSignIn,
  MfaSignInOn,
  NewSecret,
  SecretRemoved,
  SecretState,
} from './schemas.ts'

const tags = ['Multi-factor sign-in']

/** What any change of how one signs in may be answered. */
const stepUp = [...withToken, 'insufficient_user_authentication'] as const

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
    settings: Pick<Settings, 'mfaPolicy' | 'brandName'>
  },
): void {
  const { db, guard, settings, mfaMethods } = house

  app.get(
    '/settings/MfaSignIn',
    {
      onRequest: guard.signedIn,
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
      onRequest: guard.recentSignIn,
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
            : await turnOn(tx, house, account, proven.proof, {
                ...byOwner(request),
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
      onRequest: guard.recentSignIn,
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
        const account = await guard.hold(tx, signedIn(request))
        await turnOff(tx, account, byOwner(request))
        return read(tx, account.id, mfaMethods)
      })
    },
  )

  app.get(
    '/settings/MfaSecret',
    {
      onRequest: guard.signedIn,
      schema: {
        operationId: 'readMfaSecret',
        tags,
        summary: 'Read whether an authenticator app is set up',
        security: bearer,
        response: { 200: SecretState, ...problems(...withToken) },
      },
    },
    (request) => readSecret(db, signedIn(request).account),
  )

  app.post(
    '/settings/MfaSecret',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'createMfaSecret',
        tags,
        summary: 'Set up an authenticator app',
        description:
          'A new secret each time. It is used from the moment that `POST /settings/MfaSignIn` brings a code of it; until then the one in use stays.',
        security: bearer,
        response: { 200: NewSecret, ...problems(...stepUp, ...withBody) },
      },
    },
    (request) =>
      db.transaction().execute(async (tx) => {
        const account = await guard.hold(tx, signedIn(request))
        return createSecret(tx, house, account, settings.brandName)
      }),
  )

  app.delete(
    '/settings/MfaSecret',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'removeMfaSecret',
        tags,
        summary: 'Remove the authenticator app',
        description:
          'If it was the MFA method, the strongest other one takes over. The owner is told.',
        security: bearer,
        response: {
          200: SecretRemoved,
          ...problems(...stepUp, ...withBody, 'last_method'),
        },
      },
    },
    (request) =>
      db.transaction().execute(async (tx) => {
        const account = await guard.hold(tx, signedIn(request))
        await removeSecret(tx, account, mfaMethods, byOwner(request))
        return { confirmed: false, mfaSignIn: await read(tx, account.id, mfaMethods) }
      }),
  )
}

function byOwner(request: FastifyRequest) {
  const { session } = signedIn(request)
  return { by: 'owner', session, client: clientOf(request) } as const
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
    const parsed = parsePhoneNumber(phoneNumber)
    if (parsed.kind === 'usable') return parsed.number
    throw fieldProblem(
      '/phoneNumber',
      parsed.kind === 'costly'
        ? 'is a number that texts would cost extra; use an ordinary mobile number'
        : 'is no possible phone number; write it in international form, such as +14155550123',
    )
  }
  if (email !== undefined) {
    const parsed = parseEmailAddress(email)
    if (!parsed) throw fieldProblem('/email', 'is no email address that mail can be sent to')
    return parsed.address
  }
  return undefined
}

function fieldProblem(path: string, message: string): Problem {
  return new Problem('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] })
}
