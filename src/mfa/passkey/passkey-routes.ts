import { Type } from 'typebox'
import type { Settings } from '../../config/settings.ts'
import type { App } from '../../http/app.ts'
import {
  bearer,
  bodyProblems,
  confirmationProblems,
  Password,
  problemResponses,
  Seconds,
  StrictObject,
  stepUpProblems,
  tokenProblems,
} from '../../http/schemas.ts'
import { second } from '../../lib/clock.ts'
import { type Guard, principalOf } from '../../sessions/guard.ts'
import { type ConfirmOwnerDeps, confirmOwner, ensureConfirmed } from '../confirm-owner.ts'
import { readMfaSignIn } from '../mfa-sign-in.ts'
import { AssertionRequired, MfaSignIn } from '../schemas.ts'
import { listPasskeys, removePasskey, renamePasskey } from './passkey.ts'
import { passkeyChallengeLifetimeMs } from './passkey-challenge.ts'
import { addPasskey, startPasskeyRegistration, verifyNewPasskey } from './registration.ts'
import {
  AssertionResponse,
  CreationOptions,
  Passkey,
  PasskeyName,
  RegistrationResponse,
} from './schemas.ts'
import { buildCreationOptions } from './webauthn.ts'

const tags = ['Passkeys']

const passkeys = Type.Array(Passkey, { description: 'Newest first.' })

const PasskeyParams = StrictObject({ id: Type.String({ maxLength: 64 }) })

export function passkeyRoutes(
  app: App,
  deps: ConfirmOwnerDeps & { guard: Guard; settings: Pick<Settings, 'mfaMethods'> },
): void {
  const { db, transaction, guard, relyingParty } = deps
  const { mfaMethods } = deps.settings

  app.get(
    '/settings/Passkeys',
    {
      onRequest: guard.allowSetupSession,
      schema: {
        operationId: 'listPasskeys',
        tags,
        summary: 'List the account’s passkeys',
        security: bearer,
        response: {
          200: Type.Object({ passkeys }, { description: 'The passkeys of the account.' }),
          ...problemResponses(...tokenProblems),
        },
      },
    },
    async (request) => ({ passkeys: await listPasskeys(db, principalOf(request).account) }),
  )

  app.post(
    '/settings/Passkeys',
    {
      onRequest: guard.allowRecentSetupSession,
      schema: {
        operationId: 'startPasskeyRegistration',
        tags,
        summary: 'Start adding a passkey',
        description:
          'Returns the options for `navigator.credentials.create()`. Send its result to `POST /settings/Passkeys/Verify`. An account without a password gets a challenge for a passkey that it has first, and repeats the call with `assertion`.',
        security: bearer,
        body: StrictObject(
          {
            currentPassword: Type.Optional(Password),
            assertion: Type.Optional(AssertionResponse),
          },
          { examples: [{ currentPassword: 'correct horse battery' }] },
        ),
        response: {
          200: Type.Object(
            {
              options: CreationOptions,
              expiresIn: Seconds('Seconds until the options expire.'),
            },
            { description: 'The options for the browser.' },
          ),
          202: AssertionRequired,
          ...problemResponses(...confirmationProblems, 'too_many_passkeys'),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { currentPassword, assertion } = request.body
      const confirmation = await confirmOwner(deps, principal, ['startPasskeyRegistration'], {
        field: 'currentPassword',
        password: currentPassword,
        assertion,
      })
      if ('assertionRequired' in confirmation) {
        return reply.code(202).send(confirmation.assertionRequired)
      }
      const registration = await transaction(async (tx) => {
        const account = await guard.lockForChange(tx, principal)
        ensureConfirmed(account, confirmation)
        return startPasskeyRegistration(tx, account, principal)
      })
      const options = await buildCreationOptions(relyingParty, registration)
      return { options, expiresIn: passkeyChallengeLifetimeMs / second }
    },
  )

  app.post(
    '/settings/Passkeys/Verify',
    {
      onRequest: guard.allowRecentSetupSession,
      schema: {
        operationId: 'addPasskey',
        tags,
        summary: 'Add the passkey',
        description:
          'If it verifies its user, the passkey signs in without a password from now on. It can be chosen as the second factor by `POST /settings/MfaSignIn`. Notifies the owner.',
        security: bearer,
        body: StrictObject({ name: Type.Optional(PasskeyName), response: RegistrationResponse }),
        response: {
          201: Passkey,
          ...problemResponses(
            ...stepUpProblems,
            ...bodyProblems,
            'invalid_passkey',
            'passkey_known',
            'too_many_attempts',
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { name, response } = request.body
      const verified = await verifyNewPasskey(deps, principal, response)
      const added = await transaction(async (tx) => {
        const account = await guard.lockForChange(tx, principal)
        return addPasskey(tx, account, principal, { ...verified, name, ranking: mfaMethods })
      })
      return reply.code(201).send(added)
    },
  )

  app.patch(
    '/settings/Passkeys/:id',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'renamePasskey',
        tags,
        summary: 'Rename a passkey',
        security: bearer,
        params: PasskeyParams,
        body: StrictObject({ name: PasskeyName }, { examples: [{ name: 'My phone' }] }),
        response: {
          200: Passkey,
          ...problemResponses(...stepUpProblems, ...bodyProblems, 'not_found', 'too_many_attempts'),
        },
      },
    },
    (request) => {
      const principal = principalOf(request)
      const change = { ...request.params, ...request.body }
      return transaction(async (tx) =>
        renamePasskey(tx, await guard.lockForChange(tx, principal), principal, change),
      )
    },
  )

  app.delete(
    '/settings/Passkeys/:id',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'removePasskey',
        tags,
        summary: 'Remove a passkey',
        description:
          'The passkey stops working at once. If it was the last one and the MFA method, the strongest other method becomes the method. Notifies the owner.',
        security: bearer,
        params: PasskeyParams,
        response: {
          200: Type.Object(
            { passkeys, mfaSignIn: MfaSignIn },
            { description: 'The remaining passkeys, and the new state of multi-factor sign-in.' },
          ),
          ...problemResponses(...stepUpProblems, ...bodyProblems, 'not_found', 'last_method'),
        },
      },
    },
    (request) =>
      transaction(async (tx) => {
        const principal = principalOf(request)
        const { id } = request.params
        const account = await guard.lockAccount(tx, principal)
        await removePasskey(tx, account, principal, { id, ranking: mfaMethods })
        return {
          passkeys: await listPasskeys(tx, account.id),
          mfaSignIn: await readMfaSignIn(tx, account.id, mfaMethods),
        }
      }),
  )
}
