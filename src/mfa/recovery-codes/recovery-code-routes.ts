import { Type } from 'typebox'
import type { App } from '../../http/app.ts'
import {
  bearer,
  bodyProblems,
  Nullable,
  problemResponses,
  stepUpProblems,
  tokenProblems,
} from '../../http/schemas.ts'
import { type Guard, principalOf } from '../../sessions/guard.ts'
import type { Db } from '../../store/open.ts'
import type { RunTransaction } from '../../store/transaction.ts'
import { readRecoveryCodeStatus, regenerateRecoveryCodes } from './recovery-codes.ts'

const state = {
  remaining: Type.Integer({ minimum: 0, maximum: 10, description: 'The number of unused codes.' }),
  createdAt: Nullable(
    Type.String({ format: 'date-time' }),
    'When the codes were generated; null if there are none.',
  ),
}

export function recoveryCodeRoutes(
  app: App,
  { db, transaction, guard }: { db: Db; transaction: RunTransaction; guard: Guard },
): void {
  app.get(
    '/settings/RecoveryCodes',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'getRecoveryCodes',
        tags: ['Multi-factor sign-in'],
        summary: 'Read how many recovery codes are left',
        security: bearer,
        response: {
          200: Type.Object(state, {
            description: 'The state of the recovery codes, without the codes.',
          }),
          ...problemResponses(...tokenProblems),
        },
      },
    },
    (request) => readRecoveryCodeStatus(db, principalOf(request).account),
  )

  app.post(
    '/settings/RecoveryCodes',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'generateRecoveryCodes',
        tags: ['Multi-factor sign-in'],
        summary: 'Generate ten new recovery codes',
        description: 'Shows the codes once, and invalidates the previous ones. Notifies the owner.',
        security: bearer,
        response: {
          200: Type.Object(
            {
              recoveryCodes: Type.Array(Type.String(), { examples: [['YZ1D-C820-9XA9']] }),
              ...state,
            },
            { description: 'The new codes, shown once.' },
          ),
          ...problemResponses(
            ...stepUpProblems,
            ...bodyProblems,
            'mfa_is_off',
            'too_many_attempts',
          ),
        },
      },
    },
    (request) =>
      transaction(async (tx) => {
        const principal = principalOf(request)
        const account = await guard.lockForChange(tx, principal)
        const recoveryCodes = await regenerateRecoveryCodes(tx, account, {
          by: 'owner',
          ...principal,
        })
        return { recoveryCodes, ...(await readRecoveryCodeStatus(tx, account.id)) }
      }),
  )
}
