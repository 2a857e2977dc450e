import { type Static, Type } from 'typebox'
import type { App } from '../http/app.ts'
import { invalidField } from '../http/fields.ts'
import {
  bodyProblems,
  Code,
  DeviceToken,
  problemResponses,
  Seconds,
  StrictObject,
  Token,
} from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { Problem } from '../lib/problem.ts'
import type { ChallengeDeps } from '../mfa/challenge.ts'
import type { PasskeyDeps } from '../mfa/passkey/assertion.ts'
import { AssertionResponse } from '../mfa/passkey/schemas.ts'
import { ChallengeMethod, MfaRequired } from '../mfa/schemas.ts'
import { type UndoFactor, verifyUndoAssertion } from '../mfa/undo-factor.ts'
import type { CookieSessions } from '../sessions/cookie-sessions.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { leftovers } from './schemas.ts'
import { undo } from './undo.ts'

const Undone = Type.Object(
  {
    status: Type.Literal('undone'),
    undone: Type.String({ description: 'The activity type of the change.', examples: ['mfa.off'] }),
    email: Type.String({ description: 'The address to sign in with.' }),
    resetToken: Type.String({ description: 'For one `POST /auth/ResetPassword`.' }),
    expiresIn: Seconds('Seconds until it expires.'),
    ...leftovers,
  },
  { title: 'Undone', description: 'The change was undone. Set a new password next.' },
)

const Undo = StrictObject(
  {
    token: Token('From the link in the email, after `#token=`.'),
    mfaToken: Type.Optional(Token('From the response `mfaRequired`, with `code`.')),
    mfaMethod: Type.Optional(ChallengeMethod),
    code: Type.Optional(Code),
    passkeyToken: Type.Optional(
      Token('From `POST /auth/SignIn/Passkey` with the `mfaToken`, with `response`.'),
    ),
    response: Type.Optional(AssertionResponse),
    deviceToken: DeviceToken(
      'MFA that comes back settles in a day on a device first seen a week before.',
    ),
  },
  { examples: [{ token: 'from the link in the email' }] },
)

export function undoRoutes(
  app: App,
  deps: ChallengeDeps &
    PasskeyDeps & { transaction: RunTransaction; cookieSessions: CookieSessions },
): void {
  const { transaction, cookieSessions } = deps

  app.post(
    '/auth/Undo',
    {
      schema: {
        operationId: 'undo',
        tags: ['Activity'],
        summary: 'Undo a change',
        description:
          'Takes the token from a notification email and restores how the account signed in before the change. All sessions end, no device stays trusted, and nobody can sign in until `resetToken` has set a new password. Once MFA has settled, after a week or, on a device first seen a week before, a day, the response is `mfaRequired`: send the token again with the `mfaToken` and a `code`, or with the response of a passkey. `POST /auth/SignIn/MfaCode` sends another code.',
        body: Undo,
        response: {
          200: Type.Union([Undone, MfaRequired], {
            description: '`status` is `undone`, or `mfaRequired` if the second factor comes next.',
          }),
          ...problemResponses(
            'undo_token_expired',
            'invalid_code',
            'invalid_passkey',
            'mfa_token_expired',
            'passkey_token_expired',
            'too_many_attempts',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request) => {
      const { token } = request.body
      const deviceToken = cookieSessions.deviceTokenOf(request)
      const factor = await readFactor(deps, request.body)
      const client = clientOf(request)
      const result = await transaction((tx) =>
        undo(tx, deps, { token, factor, deviceToken, client }),
      )
      if (!result) {
        throw new Problem(
          'undo_token_expired',
          'This can’t be undone any more: the link was used already or has expired. If you can’t sign in, choose “Forgot your password?”.',
        )
      }
      if ('undone' in result) return result.undone
      if ('mfaRequired' in result) return result.mfaRequired
      throw wrongFactor(result)
    },
  )
}

/** Reads the second factor of a request; undefined if it brings none. */
async function readFactor(
  deps: PasskeyDeps,
  body: Static<typeof Undo>,
): Promise<UndoFactor | undefined> {
  const { mfaToken, mfaMethod, code, passkeyToken, response } = body
  if (passkeyToken !== undefined || response !== undefined) {
    if (passkeyToken === undefined) throw invalidField('/passkeyToken', 'is missing')
    if (response === undefined) throw invalidField('/response', 'is missing')
    return verifyUndoAssertion(deps, { passkeyToken, response })
  }
  if (mfaToken === undefined && code === undefined) return undefined
  if (mfaToken === undefined) throw invalidField('/mfaToken', 'is missing')
  if (code === undefined) throw invalidField('/code', 'is missing')
  return { mfaToken, mfaMethod, code }
}

function wrongFactor({ wrong, attemptsLeft }: { wrong: UndoFactor; attemptsLeft: number }) {
  return 'code' in wrong
    ? new Problem('invalid_code', 'That code isn’t right. The link still works.', { attemptsLeft })
    : new Problem('invalid_passkey', 'That passkey wasn’t accepted. The link still works.')
}
