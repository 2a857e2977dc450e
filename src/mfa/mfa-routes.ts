import { type Static, Type } from 'typebox'
import type { Settings } from '../config/settings.ts'
import type { App } from '../http/app.ts'
import { invalidField, parseEmailField, parsePhoneField } from '../http/fields.ts'
import {
  bearer,
  bodyProblems,
  Code,
  CodeSent,
  DeviceToken,
  Email,
  problemResponses,
  StrictObject,
  stepUpProblems,
  tokenProblems,
} from '../http/schemas.ts'
import { second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { CookieSessions } from '../sessions/cookie-sessions.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import type { RunTransaction } from '../store/transaction.ts'
import type { SendCodeDeps } from '../verification/send-code.ts'
import { removeEmailCodes } from './email-codes.ts'
import { verifyFactor } from './factor-verification.ts'
import { ensureOwnerStaysIn } from './mfa-epoch.ts'
import { readMfaSignIn, turnOff, turnOn } from './mfa-sign-in.ts'
import type { PasskeyDeps } from './passkey/assertion.ts'
import { passkeyChallengeLifetimeMs } from './passkey/passkey-challenge.ts'
import { verifyTurnOnAssertion } from './passkey/passkey-factor.ts'
import { AssertionResponse } from './passkey/schemas.ts'
import { buildRequestOptions } from './passkey/webauthn.ts'
import { AssertionRequired, MfaMethod, MfaSignIn, MfaSignInOn } from './schemas.ts'

const tags = ['Multi-factor sign-in']

const TurnOn = StrictObject(
  {
    mfaMethod: MfaMethod,
    phoneNumber: Type.Optional(
      Type.String({
        maxLength: 32,
        description: 'For `sms`: the number in international format. Defaults to the verified one.',
      }),
    ),
    email: Type.Optional(Email),
    code: Type.Optional(Code),
    assertion: Type.Optional(AssertionResponse),
    passkeyId: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'For `passkey`, without `assertion`: the passkey that must sign.',
      }),
    ),
    setDefault: Type.Optional(
      Type.Boolean({
        default: true,
        description:
          'Whether the method becomes the default. `false` adds it, or proves a pending one. The method that turns MFA on is the default in any case.',
      }),
    ),
    deviceToken: DeviceToken('MFA settles in a day on a device first seen a week before.'),
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
  deps: SendCodeDeps &
    PasskeyDeps & {
      transaction: RunTransaction
      guard: Guard
      cookieSessions: CookieSessions
      settings: Pick<Settings, 'mfaPolicy' | 'mfaMethods'>
    },
): void {
  const { db, transaction, guard, cookieSessions, settings, relyingParty } = deps
  const { mfaMethods } = settings

  app.get(
    '/settings/MfaSignIn',
    {
      onRequest: guard.allowSetupSession,
      schema: {
        operationId: 'getMfaSignIn',
        tags,
        summary: 'Read whether MFA is on',
        security: bearer,
        response: { 200: MfaSignIn, ...problemResponses(...tokenProblems) },
      },
    },
    (request) => readMfaSignIn(db, principalOf(request).account, mfaMethods),
  )

  app.post(
    '/settings/MfaSignIn',
    {
      onRequest: guard.allowRecentSetupSession,
      schema: {
        operationId: 'turnOnMfa',
        tags,
        summary: 'Turn MFA on, or change the method',
        description:
          'Turning MFA on ends all other sessions, and only the method that is verified in this call signs in from then on; others are pending until they are verified, too. For `sms` and `email`, call without `code` to send a code, then again with the code. For `authenticator`, set up a secret first. For `passkey`, add a passkey first; call without `assertion` to get a challenge, then again with the assertion.',
        security: bearer,
        body: TurnOn,
        response: {
          200: MfaSignInOn,
          202: Type.Union([CodeSent, AssertionRequired], {
            description: 'A code was sent, or a passkey assertion is required: see `status`.',
          }),
          ...problemResponses(
            ...stepUpProblems,
            ...bodyProblems,
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
      const principal = principalOf(request)
      const { mfaMethod: method, code, passkeyId, setDefault = true } = request.body
      const deviceToken = cookieSessions.deviceTokenOf(request)
      ensureOffered(method, mfaMethods)
      ensureFieldsFitMethod(request.body)
      const address = await parseAddress(request.body)
      const assertion =
        request.body.assertion &&
        (await verifyTurnOnAssertion(deps, principal, request.body.assertion))

      const outcome = await transaction(async (tx) => {
        const account = await guard.lockForChange(tx, principal)
        await ensureOwnerStaysIn(tx, account, method, mfaMethods)
        const verification = await verifyFactor(tx, deps, account, principal, {
          method,
          address,
          code,
          assertion,
          passkeyId,
        })
        if (verification === 'wrong') return verification
        if (verification !== 'alreadyOn' && !('factor' in verification)) return verification
        const recoveryCodes =
          verification === 'alreadyOn'
            ? undefined
            : await turnOn(
                tx,
                account,
                verification.factor,
                { by: 'owner', ...principal },
                { setDefault, ranking: mfaMethods, deviceToken },
              )
        const state = await readMfaSignIn(tx, account.id, mfaMethods)
        return { on: { ...state, ...(recoveryCodes && { recoveryCodes }) } }
      })

      if (outcome === 'wrong') throw verificationFailed(method)
      if ('on' in outcome) return outcome.on
      if ('sent' in outcome) return reply.code(202).send(outcome.sent)
      const options = await buildRequestOptions(relyingParty, outcome.assertionRequest)
      const expiresIn = passkeyChallengeLifetimeMs / second
      return reply.code(202).send({ status: 'assertionRequired', options, expiresIn })
    },
  )

  app.delete(
    '/settings/MfaSignIn',
    {
      onRequest: guard.allowRecentSetupSession,
      schema: {
        operationId: 'turnOffMfa',
        tags,
        summary: 'Turn MFA off',
        description:
          'The password alone signs in from now on, and sign-ins that wait for a code become void. Methods stay set up. Notifies the owner, who can undo it.',
        security: bearer,
        response: {
          200: MfaSignIn,
          ...problemResponses(...stepUpProblems, ...bodyProblems, 'mfa_required_by_policy'),
        },
      },
    },
    (request) => {
      ensureOwnersMayChoose(settings)
      return transaction(async (tx) => {
        const principal = principalOf(request)
        const account = await guard.lockAccount(tx, principal)
        await turnOff(tx, account, { by: 'owner', ...principal })
        return readMfaSignIn(tx, account.id, mfaMethods)
      })
    },
  )

  app.delete(
    '/settings/MfaEmail',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'removeMfaEmail',
        tags,
        summary: 'Give up codes by email',
        description:
          'Codes by email stop being a method; the account keeps its address. If they were the MFA method, the strongest other one becomes the method. Notifies the owner.',
        security: bearer,
        response: {
          200: MfaSignIn,
          ...problemResponses(...stepUpProblems, ...bodyProblems, 'last_method'),
        },
      },
    },
    (request) =>
      transaction(async (tx) => {
        const principal = principalOf(request)
        const account = await guard.lockAccount(tx, principal)
        await removeEmailCodes(tx, account, mfaMethods, principal)
        return readMfaSignIn(tx, account.id, mfaMethods)
      }),
  )
}

function ensureOwnersMayChoose({ mfaPolicy }: Pick<Settings, 'mfaPolicy'>): void {
  if (mfaPolicy === 'required') {
    throw new Problem(
      'mfa_required_by_policy',
      'A second step is required for all accounts, so it can’t be turned off.',
    )
  }
}

function ensureOffered(method: string, offered: readonly string[]): void {
  if (!offered.includes(method)) {
    throw invalidField('/mfaMethod', `must be one of: ${offered.join(', ')}`)
  }
}

function verificationFailed(method: string): Problem {
  return method === 'passkey'
    ? new Problem('invalid_passkey', 'That passkey wasn’t accepted. Please try another method.')
    : new Problem('invalid_code', 'That code isn’t right. Please use the newest one.')
}

/** Rejects fields of another method, because a client that sends one expects it to take effect. */
function ensureFieldsFitMethod(body: Static<typeof TurnOn>): void {
  const { mfaMethod } = body
  if (body.phoneNumber !== undefined && mfaMethod !== 'sms') {
    throw invalidField('/phoneNumber', 'is only valid with mfaMethod sms')
  }
  if (body.email !== undefined && mfaMethod !== 'email') {
    throw invalidField('/email', 'is only valid with mfaMethod email')
  }
  if (body.assertion !== undefined && mfaMethod !== 'passkey') {
    throw invalidField('/assertion', 'is only valid with mfaMethod passkey')
  }
  if (body.passkeyId !== undefined && mfaMethod !== 'passkey') {
    throw invalidField('/passkeyId', 'is only valid with mfaMethod passkey')
  }
  if (body.code !== undefined && mfaMethod === 'passkey') {
    throw invalidField('/code', 'is not valid with mfaMethod passkey, which takes an assertion')
  }
}

/** Parses the recipient of codes into its stored form; undefined if the request has none. */
async function parseAddress({
  phoneNumber,
  email,
}: Static<typeof TurnOn>): Promise<string | undefined> {
  if (phoneNumber !== undefined) {
    return parsePhoneField(phoneNumber)
  }
  if (email !== undefined) {
    return parseEmailField(email).address
  }
  return undefined
}
