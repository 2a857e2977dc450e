import type { App } from '../http/app.ts'
import { bearer, problems, stepUp, withBody, withToken } from '../http/schemas.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import type { Settings } from '../settings.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import type { Asker } from './challenge.ts'
import { createSecret, readSecret, removeSecret } from './mfa-secret.ts'
import { read } from './mfa-sign-in.ts'
import { NewSecret, SecretRemoved, SecretState } from './schemas.ts'

const tags = ['Multi-factor sign-in']

export function mfaSecretRoutes(
  app: App,
  house: Asker & { db: Db; guard: Guard; settings: Pick<Settings, 'brandName'> },
): void {
  const { db, keys, guard, settings, mfaMethods } = house

  app.get(
    '/settings/MfaSecret',
    {
      onRequest: guard.settingUp,
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
      onRequest: guard.settingUpRecently,
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
      transaction(db, async (tx) => {
        const account = await guard.hold(tx, signedIn(request))
        return createSecret(tx, keys, account, settings.brandName)
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
      transaction(db, async (tx) => {
        const who = signedIn(request)
        const account = await guard.hold(tx, who)
        await removeSecret(tx, keys, account, mfaMethods, { by: 'owner', ...who })
        return { confirmed: false, mfaSignIn: await read(tx, account.id, mfaMethods) }
      }),
  )
}
