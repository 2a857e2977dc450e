import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { bearer, Nullable, problems, stepUp, withBody, withToken } from '../http/schemas.ts'
import type { Keys } from '../lib/keys.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { readRecoveryCodes } from './methods/recovery-code.ts'
import { renewRecoveryCodes } from './mfa-sign-in.ts'

const state = {
  remaining: Type.Integer({ minimum: 0, maximum: 10, description: 'How many are unused.' }),
  createdAt: Nullable(Type.String({ format: 'date-time' }), 'When they were made, all together.'),
}

export function recoveryCodeRoutes(
  app: App,
  { db, keys, guard }: { db: Db; keys: Keys; guard: Guard },
): void {
  app.get(
    '/settings/RecoveryCodes',
    {
      onRequest: guard.signedIn,
      schema: {
        operationId: 'readRecoveryCodes',
        tags: ['Multi-factor sign-in'],
        summary: 'Read how many recovery codes are left',
        security: bearer,
        response: {
          200: Type.Object(state, { description: 'How many; never the codes.' }),
          ...problems(...withToken),
        },
      },
    },
    (request) => readRecoveryCodes(db, signedIn(request).account),
  )

  app.post(
    '/settings/RecoveryCodes',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'makeRecoveryCodes',
        tags: ['Multi-factor sign-in'],
        summary: 'Make ten new recovery codes',
        description: 'They are shown once. The ones before no longer work. The owner is told.',
        security: bearer,
        response: {
          200: Type.Object(
            {
              recoveryCodes: Type.Array(Type.String(), { examples: [['YZ1D-C820-9XA9']] }),
              ...state,
            },
            { description: 'The new codes, shown once.' },
          ),
          ...problems(...stepUp, ...withBody),
        },
      },
    },
    (request) =>
      transaction(db, async (tx) => {
        const who = signedIn(request)
        const account = await guard.hold(tx, who)
        const recoveryCodes = await renewRecoveryCodes(tx, keys, account, { by: 'owner', ...who })
        return { recoveryCodes, ...(await readRecoveryCodes(tx, account.id)) }
      }),
  )
}
