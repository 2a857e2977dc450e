import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { Body, bearer, problems, Seconds, stepUp, withBody, withToken } from '../http/schemas.ts'
import { second } from '../lib/clock.ts'
import { passkeyChallengeLivesMs } from '../passkeys/challenge.ts'
import { listPasskeys } from '../passkeys/passkey.ts'
import { creationOptions } from '../passkeys/relying-party.ts'
import { CreationOptions, Passkey, RegistrationResponse } from '../passkeys/schemas.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import type { Asker } from './challenge.ts'
import { read } from './mfa-sign-in.ts'
import {
  addPasskey,
  beginPasskey,
  judgeNewPasskey,
  removePasskey,
  renamePasskey,
} from './passkeys.ts'
import { MfaSignIn } from './schemas.ts'

const tags = ['Passkeys']

const passkeys = Type.Array(Passkey, { description: 'Newest first.' })

const Name = Type.String({
  minLength: 1,
  maxLength: 64,
  // Something to see, and nothing that could not be shown.
  pattern: '^\\P{C}*[^\\p{C}\\p{Z}]\\P{C}*$',
  description: 'What its owner calls it.',
  examples: ['My phone'],
})

const OneOfThem = Body({ id: Type.String({ maxLength: 64 }) })

/** The account's passkeys. */
export function passkeyRoutes(app: App, house: Asker & { db: Db; guard: Guard }): void {
  const { db, keys, guard, mfaMethods, relyingParty } = house

  app.get(
    '/settings/Passkeys',
    {
      onRequest: guard.settingUp,
      schema: {
        operationId: 'listPasskeys',
        tags,
        summary: 'List the account’s passkeys',
        security: bearer,
        response: {
          200: Type.Object({ passkeys }, { description: 'All of them.' }),
          ...problems(...withToken),
        },
      },
    },
    async (request) => ({ passkeys: await listPasskeys(db, signedIn(request).account) }),
  )

  app.post(
    '/settings/Passkeys',
    {
      onRequest: guard.settingUpRecently,
      schema: {
        operationId: 'beginPasskey',
        tags,
        summary: 'Begin to add a passkey',
        description:
          'Gives what `navigator.credentials.create()` needs. What that makes goes to `POST /settings/Passkeys/Verify`.',
        security: bearer,
        response: {
          200: Type.Object(
            {
              options: CreationOptions,
              expiresIn: Seconds('Seconds that the options work.'),
            },
            { description: 'For the browser.' },
          ),
          ...problems(...stepUp, ...withBody, 'too_many_passkeys'),
        },
      },
    },
    async (request) => {
      const who = signedIn(request)
      const begun = await transaction(db, async (tx) =>
        beginPasskey(tx, keys, await guard.hold(tx, who), who),
      )
      const options = await creationOptions(relyingParty, begun)
      return { options, expiresIn: passkeyChallengeLivesMs / second }
    },
  )

  app.post(
    '/settings/Passkeys/Verify',
    {
      onRequest: guard.settingUpRecently,
      schema: {
        operationId: 'addPasskey',
        tags,
        summary: 'Add the passkey',
        description:
          'From now on it signs in without a password, and can be chosen as the second factor by `POST /settings/MfaSignIn`. The owner is told.',
        security: bearer,
        body: Body({ name: Type.Optional(Name), response: RegistrationResponse }),
        response: {
          201: Passkey,
          ...problems(...stepUp, ...withBody, 'invalid_passkey', 'passkey_known'),
        },
      },
    },
    async (request, reply) => {
      const who = signedIn(request)
      const { name, response } = request.body
      const answered = await judgeNewPasskey(house, who, response)
      const added = await transaction(db, async (tx) => {
        const account = await guard.hold(tx, who)
        return addPasskey(tx, keys, account, who, { ...answered, name })
      })
      return reply.code(201).send(added)
    },
  )

  app.patch(
    '/settings/Passkeys/:id',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'renamePasskey',
        tags,
        summary: 'Rename a passkey',
        security: bearer,
        params: OneOfThem,
        body: Body({ name: Name }, { examples: [{ name: 'My phone' }] }),
        response: { 200: Passkey, ...problems(...stepUp, ...withBody, 'not_found') },
      },
    },
    (request) => {
      const who = signedIn(request)
      const what = { ...request.params, ...request.body }
      return transaction(db, (tx) => renamePasskey(tx, who.account, what, who))
    },
  )

  app.delete(
    '/settings/Passkeys/:id',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'removePasskey',
        tags,
        summary: 'Remove a passkey',
        description:
          'It is dead at once. If it was the last one and the MFA method, the strongest other method takes over. The owner is told.',
        security: bearer,
        params: OneOfThem,
        response: {
          200: Type.Object(
            { passkeys, mfaSignIn: MfaSignIn },
            { description: 'What is left, and what signing in asks for now.' },
          ),
          ...problems(...stepUp, ...withBody, 'not_found', 'last_method'),
        },
      },
    },
    (request) =>
      transaction(db, async (tx) => {
        const who = signedIn(request)
        const { id } = request.params
        const account = await guard.hold(tx, who)
        await removePasskey(tx, keys, account, who, { id, ranking: mfaMethods })
        return {
          passkeys: await listPasskeys(tx, account.id),
          mfaSignIn: await read(tx, account.id, mfaMethods),
        }
      }),
  )
}
