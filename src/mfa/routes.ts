import { type Static, Type } from 'typebox'
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
import { second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { passkeyChallengeLivesMs } from '../passkeys/challenge.ts'
import { requestOptions } from '../passkeys/relying-party.ts'
import { AssertionResponse } from '../passkeys/schemas.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import type { Settings } from '../settings.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import type { Asker } from './challenge.ts'
import { read, turnOff, turnOn } from './mfa-sign-in.ts'
import { judgeProof } from './passkey-proof.ts'
import { prove } from './proof.ts'
import { AssertionRequired, MfaMethod, MfaSignIn, MfaSignInOn } from './schemas.ts'

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
    assertion: Type.Optional(AssertionResponse),
    endOtherSessions: Type.Optional(
      Type.Boolean({ default: true, description: 'Whether every other session ends.' }),
    ),
  },
  {
    examples: [
      { mfaMethod: 'authenticator', code: '123456' },
      { mfaMethod: 'sms', phoneNumber: '+14155550123' },
      { mfaMethod: 'passkey' },
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
  const { db, keys, guard, settings, mfaMethods, relyingParty } = house

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
          'No method is switched on before its owner has proven to hold it. For `sms` and `email`, call it without `code` to have one sent, then with the code. For `authenticator`, set up a secret first. For `passkey`, add one first; call it without `assertion` to be told what to sign, then with what the passkey made of it.',
        security: bearer,
        body: TurnOn,
        response: {
          200: MfaSignInOn,
          202: Type.Union([CodeSent, AssertionRequired], {
            description: 'A code is on its way, or a passkey has to sign: `status` says which.',
          }),
          ...problems(
            ...stepUp,
            ...withBody,
            'invalid_code',
            'invalid_passkey',
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
      ensureFitting(request.body)
      const to = destination(request.body)
      const assertion =
        request.body.assertion && (await judgeProof(house, who, request.body.assertion))

      const outcome = await transaction(db, async (tx) => {
        const account = await guard.hold(tx, who)
        const proven = await prove(tx, house, account, who, { method, to, code, assertion })
        if (proven === 'wrong') return proven
        if (proven !== 'onAlready' && !('proof' in proven)) return proven
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

      if (outcome === 'wrong') throw notProven(method)
      if ('on' in outcome) return outcome.on
      if ('sent' in outcome) return reply.code(202).send(outcome.sent)
      const options = await requestOptions(relyingParty, { ...outcome.assert, alone: false })
      const expiresIn = passkeyChallengeLivesMs / second
      return reply.code(202).send({ status: 'assertionRequired', options, expiresIn })
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
      return transaction(db, async (tx) => {
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

function notProven(method: string): Problem {
  return method === 'passkey'
    ? new Problem('invalid_passkey', 'That passkey wasn’t accepted. Please try another way.')
    : new Problem('invalid_code', 'That code isn’t right. Please use the newest one.')
}

/** What belongs to another method would be ignored: whoever sends it believes that it counts. */
function ensureFitting(body: Static<typeof TurnOn>): void {
  const { mfaMethod } = body
  if (body.phoneNumber !== undefined && mfaMethod !== 'sms') {
    throw fieldProblem('/phoneNumber', 'goes with mfaMethod sms alone')
  }
  if (body.email !== undefined && mfaMethod !== 'email') {
    throw fieldProblem('/email', 'goes with mfaMethod email alone')
  }
  if (body.assertion !== undefined && mfaMethod !== 'passkey') {
    throw fieldProblem('/assertion', 'goes with mfaMethod passkey alone')
  }
  if (body.code !== undefined && mfaMethod === 'passkey') {
    throw fieldProblem('/code', 'goes with the other methods: a passkey answers with an assertion')
  }
}

/** Where codes are to go, as it is stored; undefined if it was not given. */
function destination({ phoneNumber, email }: Static<typeof TurnOn>): string | undefined {
  if (phoneNumber !== undefined) {
    return parsePhone(phoneNumber)
  }
  if (email !== undefined) {
    return emailAddress(email).address
  }
  return undefined
}
