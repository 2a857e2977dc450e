import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { fieldProblem } from '../http/fields.ts'
import {
  Body,
  bearer,
  Code,
  CodeSent,
  Email,
  Password,
  problems,
  SignedIn,
  Token,
  withBody,
  withToken,
} from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { longestPasswordBytes } from '../lib/passwords.ts'
import { Problem } from '../lib/problem.ts'
import { answer, sendAgain } from '../mfa/challenge.ts'
import { AnswerMethod, MfaRequired } from '../mfa/schemas.ts'
import type { AccessTokens } from '../sessions/access-token.ts'
import type { BrowserSessions } from '../sessions/browser-session.ts'
import { signedInAnswer } from '../sessions/gate.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import { transaction } from '../store/transaction.ts'
import { reauthenticate, type SignInHouse, signIn, type Welcomed } from './sign-in.ts'

const tags = ['Signing in']

const Welcome = Type.Union([SignedIn, MfaRequired], {
  description: 'Signed in, or the second factor comes next: `status` says which.',
})

const MfaToken = Token('From the sign-in that is to be finished.')

export function signInRoutes(
  app: App,
  house: SignInHouse & { guard: Guard; accessTokens: AccessTokens; browser: BrowserSessions },
): void {
  const { db, guard, accessTokens, browser } = house

  app.post(
    '/auth/SignIn',
    {
      schema: {
        operationId: 'signIn',
        tags,
        summary: 'Sign in',
        description: 'With MFA off you are signed in; with MFA on, the second factor comes next.',
        body: Body(
          {
            email: Email,
            password: Password,
            deviceToken: Type.Optional(
              Type.String({
                maxLength: 2048,
                description: 'From a sign-in with `rememberDevice`: no second factor for 30 days.',
              }),
            ),
          },
          { examples: [{ email: 'ada@example.com', password: 'correct horse battery' }] },
        ),
        response: {
          200: Welcome,
          ...problems(
            'invalid_credentials',
            'password_reset_required',
            'account_suspended',
            'too_many_attempts',
            'unavailable',
            ...withBody,
          ),
        },
      },
    },
    async (request) => {
      const { email, password, deviceToken = browser.deviceTokenOf(request) } = request.body
      ensureNotHuge(password)
      const welcomed = await signIn(house, {
        email: parseEmailAddress(email),
        password,
        deviceToken,
        client: clientOf(request),
      })
      return welcomeAnswer(accessTokens, welcomed)
    },
  )

  app.post(
    '/auth/SignIn/Mfa',
    {
      schema: {
        operationId: 'answerMfa',
        tags,
        summary: 'Finish signing in with the second factor',
        description:
          'A right code works once. After five wrong ones this sign-in is over; all wrong ones of an account count together.',
        body: Body(
          {
            mfaToken: MfaToken,
            mfaMethod: Type.Optional(AnswerMethod),
            code: Code,
            rememberDevice: Type.Optional(
              Type.Boolean({
                description: 'Gives a `deviceToken`: on this device no second factor for 30 days.',
              }),
            ),
          },
          { examples: [{ mfaToken: 'from the answer of SignIn', code: '123456' }] },
        ),
        response: {
          200: SignedIn,
          ...problems(
            'invalid_code',
            'mfa_token_expired',
            'invalid_token',
            'password_reset_required',
            'account_suspended',
            'too_many_attempts',
            ...withBody,
          ),
        },
      },
    },
    async (request) => {
      const given = { ...request.body, client: clientOf(request) }
      const judged = await transaction(db, (tx) => answer(tx, house, given))
      if ('entered' in judged) return signedInAnswer(accessTokens, judged.entered)
      const { attemptsLeft } = judged
      throw new Problem('invalid_code', wrongCode(attemptsLeft), { attemptsLeft })
    },
  )

  app.post(
    '/auth/SignIn/MfaCode',
    {
      schema: {
        operationId: 'sendMfaCode',
        tags,
        summary: 'Send the code again',
        description: 'Or by another method that is set up. Wrong answers stay counted.',
        body: Body({ mfaToken: MfaToken, mfaMethod: Type.Optional(AnswerMethod) }),
        response: {
          202: CodeSent,
          ...problems(
            'mfa_token_expired',
            'account_suspended',
            'method_not_set_up',
            'too_many_messages',
            'sms_unavailable',
            ...withBody,
          ),
        },
      },
    },
    async (request, reply) => {
      const sent = await transaction(db, (tx) => sendAgain(tx, house, request.body))
      return reply.code(202).send(sent)
    },
  )

  app.post(
    '/auth/Reauthenticate',
    {
      onRequest: guard.settingUp,
      schema: {
        operationId: 'reauthenticate',
        tags,
        summary: 'Confirm that it’s you',
        description:
          'The same session, with a fresh `auth_time`. While MFA is on, the second factor comes next.',
        security: bearer,
        body: Body({ password: Password }, { examples: [{ password: 'correct horse battery' }] }),
        response: {
          200: Welcome,
          ...problems(
            ...withToken,
            'invalid_credentials',
            'account_suspended',
            'too_many_attempts',
            'unavailable',
            ...withBody,
          ),
        },
      },
    },
    async (request) => {
      const { password } = request.body
      ensureNotHuge(password)
      const who = signedIn(request)
      const client = clientOf(request)
      return welcomeAnswer(accessTokens, await reauthenticate(house, { who, password, client }))
    },
  )
}

async function welcomeAnswer(accessTokens: AccessTokens, welcomed: Welcomed | undefined) {
  if (!welcomed) {
    throw new Problem('invalid_credentials', 'The address or the password is not right.')
  }
  return 'mfaRequired' in welcomed
    ? welcomed.mfaRequired
    : signedInAnswer(accessTokens, welcomed.entered)
}

function ensureNotHuge(password: string): void {
  if (Buffer.byteLength(password) <= longestPasswordBytes) return
  throw fieldProblem('/password', 'has more than 1,024 bytes, which no password here has')
}

function wrongCode(attemptsLeft: number): string {
  if (attemptsLeft === 0) return 'That code isn’t right. Please sign in again.'
  return `That code isn’t right. You have ${attemptsLeft} ${attemptsLeft === 1 ? 'try' : 'tries'} left.`
}
