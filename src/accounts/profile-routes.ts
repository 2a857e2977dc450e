import { Type } from 'typebox'
import type { Settings } from '../config/settings.ts'
import type { App } from '../http/app.ts'
import {
  bearer,
  bodyProblems,
  Nullable,
  problemResponses,
  StrictObject,
  tokenProblems,
} from '../http/schemas.ts'
import { Problem } from '../lib/problem.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import { changeBucket, type Guard, principalOf } from '../sessions/guard.ts'
import { lockAccount } from '../sessions/locked-account.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction, Tx } from '../store/transaction.ts'
import { changeProfile, profileViewOf, readProfile } from './profile.ts'
import { parseProfileChange } from './profile-fields.ts'
import { AttributeChanges, PictureUrl, Profile, ProfileName } from './profile-schemas.ts'

const tags = ['Accounts']

/** Routes by which owners read and change their profile. */
export function profileRoutes(
  app: App,
  deps: {
    db: Db
    transaction: RunTransaction
    guard: Guard
    rateLimiter: RateLimiter
    settings: Pick<Settings, 'profileAttributes'>
  },
): void {
  const { db, transaction, guard, rateLimiter } = deps
  const { profileAttributes } = deps.settings

  async function read(from: Db | Tx, account: string) {
    const profile = await readProfile(from, account, profileAttributes)
    if (!profile) throw new Error('There is no such account.')
    return profileViewOf(profile)
  }

  app.get(
    '/settings/Profile',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'getProfile',
        tags,
        summary: 'Read the profile',
        description:
          'The name, the username, groups and whatever else applications may read of the owner, besides the email address.',
        security: bearer,
        response: { 200: Profile, ...problemResponses(...tokenProblems) },
      },
    },
    async (request) => read(db, principalOf(request).account),
  )

  app.patch(
    '/settings/Profile',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'changeProfile',
        tags,
        summary: 'Change the profile',
        description:
          'Changes the fields that are sent; null removes one. Username, groups and attributes that only operators edit can’t be changed here.',
        security: bearer,
        body: StrictObject(
          {
            name: Type.Optional(Nullable(ProfileName, 'Null removes the name.')),
            picture: Type.Optional(Nullable(PictureUrl, 'Null removes the picture.')),
            attributes: Type.Optional(AttributeChanges),
          },
          { examples: [{ name: 'Ada Lovelace' }, { picture: null }] },
        ),
        response: {
          200: Profile,
          ...problemResponses(...tokenProblems, 'too_many_attempts', ...bodyProblems),
        },
      },
    },
    async (request) => {
      const principal = principalOf(request)
      const change = parseProfileChange(profileAttributes, request.body, 'owner')
      return transaction(async (tx) => {
        const account = await lockAccount(tx, principal.account)
        if (!account) throw new Problem('invalid_token', 'This account is gone.')
        if (await changeProfile(tx, account, change, { by: 'owner', ...principal })) {
          await rateLimiter.countSuccess(tx, changeBucket(account.id))
        }
        return read(tx, account.id)
      })
    },
  )
}
