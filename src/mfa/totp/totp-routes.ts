import type { Settings } from '../../config/settings.ts'
import type { App } from '../../http/app.ts'
import {
  bearer,
  bodyProblems,
  problemResponses,
  stepUpProblems,
  tokenProblems,
} from '../../http/schemas.ts'
import { type Guard, principalOf } from '../../sessions/guard.ts'
import type { Db } from '../../store/open.ts'
import type { RunTransaction } from '../../store/transaction.ts'
import { readMfaSignIn } from '../mfa-sign-in.ts'
import { NewTotpSecret, TotpSecretRemoved, TotpSecretState } from '../schemas.ts'
import { createTotpSecret, readTotpSecretState, removeTotpSecret } from './totp-secret.ts'

const tags = ['Multi-factor sign-in']

export function totpRoutes(
  app: App,
  deps: {
    db: Db
    transaction: RunTransaction
    guard: Guard
    settings: Pick<Settings, 'brandName' | 'mfaMethods'>
  },
): void {
  const { db, transaction, guard, settings } = deps
  const { brandName, mfaMethods } = settings

  app.get(
    '/settings/MfaSecret',
    {
      onRequest: guard.allowSetupSession,
      schema: {
        operationId: 'getMfaSecret',
        tags,
        summary: 'Read whether an authenticator app is set up',
        security: bearer,
        response: { 200: TotpSecretState, ...problemResponses(...tokenProblems) },
      },
    },
    (request) => readTotpSecretState(db, principalOf(request).account),
  )

  app.post(
    '/settings/MfaSecret',
    {
      onRequest: guard.allowRecentSetupSession,
      schema: {
        operationId: 'createMfaSecret',
        tags,
        summary: 'Set up an authenticator app',
        description:
          'Creates a new secret on each call. It takes effect once `POST /settings/MfaSignIn` receives one of its codes; until then the secret in use stays.',
        security: bearer,
        response: {
          200: NewTotpSecret,
          ...problemResponses(...stepUpProblems, ...bodyProblems, 'too_many_attempts'),
        },
      },
    },
    (request) =>
      transaction(async (tx) => {
        const account = await guard.lockForChange(tx, principalOf(request))
        return createTotpSecret(tx, account, brandName)
      }),
  )

  app.delete(
    '/settings/MfaSecret',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'removeMfaSecret',
        tags,
        summary: 'Remove the authenticator app',
        description:
          'If it was the MFA method, the strongest other one becomes the method. Notifies the owner.',
        security: bearer,
        response: {
          200: TotpSecretRemoved,
          ...problemResponses(...stepUpProblems, ...bodyProblems, 'last_method'),
        },
      },
    },
    (request) =>
      transaction(async (tx) => {
        const principal = principalOf(request)
        const account = await guard.lockAccount(tx, principal)
        await removeTotpSecret(tx, account, mfaMethods, { by: 'owner', ...principal })
        return { confirmed: false, mfaSignIn: await readMfaSignIn(tx, account.id, mfaMethods) }
      }),
  )
}
