import type { Account } from 'oidc-provider'
import { readProfile } from '../../accounts/profile.ts'
import type { AttributeDefinition } from '../../config/profile-attributes.ts'
import { second } from '../../lib/clock.ts'
import type { Db } from '../../store/open.ts'

/** The scopes that applications can ask for. */
export const scopes = ['openid', 'email', 'profile', 'groups'] as const

/**
 * The claims of each scope (OpenID Connect Core §5.4). Every ID token says how its owner signed in.
 *
 * @param attributes that the operator has declared: claims of the same names
 */
export function claimsByScope(
  attributes: readonly AttributeDefinition[],
): Record<(typeof scopes)[number], string[]> {
  return {
    openid: ['sub', 'sid', 'auth_time', 'amr', 'acr'],
    email: ['email', 'email_verified'],
    profile: [
      ...['name', 'preferred_username', 'picture', 'locale', 'updated_at'],
      ...attributes.map(({ name }) => name),
    ],
    groups: ['groups'],
  }
}

/**
 * The claims of an account. Whether its owner may sign in is decided by the session, which ends when the
 * account is suspended or deleted.
 *
 * @returns undefined if there is no such account
 */
export async function findAccount(
  db: Db,
  id: string,
  attributes: readonly AttributeDefinition[],
): Promise<Account | undefined> {
  const account = await db
    .selectFrom('account')
    .select('email')
    .where('id', '=', id)
    .executeTakeFirst()
  if (!account) return undefined
  const { email } = account
  return {
    accountId: id,
    async claims() {
      const profile = await readProfile(db, id, attributes)
      return {
        sub: id,
        email,
        // An account begins with the proof of its address, and each change of it needs one.
        email_verified: true,
        ...(profile && {
          ...profile.attributes,
          name: profile.name ?? undefined,
          preferred_username: profile.preferredUsername ?? undefined,
          picture: profile.picture ?? undefined,
          locale: profile.locale,
          groups: profile.groups,
          updated_at: Math.floor(profile.updatedAt / second),
        }),
      }
    },
  }
}
