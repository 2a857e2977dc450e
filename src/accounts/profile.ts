import type { Insertable, Updateable } from 'kysely'
import * as activity from '../activity/activity.ts'
import type { AttributeDefinition } from '../config/profile-attributes.ts'
import { toIsoString } from '../lib/clock.ts'
import { isLanguage, type Language, languages } from '../lib/language.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { ProfileTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import {
  type AttributeValue,
  type ProfileChange,
  parseValue,
  usernameKeyOf,
} from './profile-fields.ts'
import { readGroups } from './read-groups.ts'

/** The profile of an account, which applications may read. */
export interface Profile {
  name: string | null
  preferredUsername: string | null
  picture: string | null
  /** The language of the account. */
  locale: Language
  /** Sorted. */
  groups: string[]
  /** The declared attributes that have a value, by name. */
  attributes: Record<string, AttributeValue>
  /** When any of it last changed, or the account was created; milliseconds since 1970. */
  updatedAt: number
}

/** A profile in its wire format. */
export interface ProfileView extends Omit<Profile, 'updatedAt'> {
  updatedAt: string
}

export function profileViewOf(profile: Profile): ProfileView {
  return { ...profile, updatedAt: toIsoString(profile.updatedAt) }
}

/**
 * Reads the profile of an account. Values of attributes that are no longer declared, or are declared
 * with another type, are left out.
 *
 * @returns undefined if there is no such account
 */
export async function readProfile(
  db: Db | Tx,
  account: string,
  definitions: readonly AttributeDefinition[],
): Promise<Profile | undefined> {
  const [row] = await selectProfile(db, { account })
  if (!row) return undefined
  return {
    name: row.name,
    preferredUsername: row.preferred_username,
    picture: row.picture,
    locale: isLanguage(row.language) ? row.language : languages[0],
    groups: await readGroups(db, account),
    attributes: attributesOf(row.attributes, definitions),
    updatedAt: row.updated_at ?? row.created_at,
  }
}

const selectProfile = prepared((db, { account }: { account: string }) =>
  db
    .selectFrom('account')
    .leftJoin('profile', 'profile.account_id', 'account.id')
    .select(['account.language', 'account.created_at', 'profile.name', 'profile.picture'])
    .select(['profile.preferred_username', 'profile.attributes', 'profile.updated_at'])
    .where('account.id', '=', account),
)

/** The values of declared attributes. @param json the column `attributes`; null without a row */
export function attributesOf(
  json: string | null,
  definitions: readonly AttributeDefinition[],
): Record<string, AttributeValue> {
  const stored: Record<string, unknown> = JSON.parse(json ?? '{}')
  return Object.fromEntries(
    definitions.flatMap((definition) => {
      const value = parseValue(definition, stored[definition.name])
      return value === undefined ? [] : [[definition.name, value] as const]
    }),
  )
}

/**
 * Changes the name, the picture and attributes of an account. They decide nothing about signing in,
 * so no session ends, and the owner gets no message; the activity names the changed fields.
 *
 * @param account a locked account
 * @returns whether anything changed
 */
export async function changeProfile(
  tx: Tx,
  account: { id: string },
  { attributes = {}, ...change }: ProfileChange,
  cause: activity.Cause,
): Promise<boolean> {
  const [row] = await selectProfile(tx, { account: account.id })
  const stored: Record<string, AttributeValue> = JSON.parse(row?.attributes ?? '{}')
  const changedFields = (['name', 'picture'] as const).filter(
    (field) => change[field] !== undefined && change[field] !== (row?.[field] ?? null),
  )
  const changedAttributes = Object.keys(attributes).filter(
    (name) => attributes[name] !== (stored[name] ?? null),
  )
  const changed = [...changedFields, ...changedAttributes]
  if (changed.length === 0) return false
  const values = Object.entries({ ...stored, ...attributes }).filter(([, value]) => value !== null)
  await upsertProfile(tx, account.id, {
    ...Object.fromEntries(changedFields.map((field) => [field, change[field]])),
    attributes: JSON.stringify(Object.fromEntries(values)),
  })
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  await activity.record(tx, account.id, {
    type: 'profile.changed',
    ...attribution,
    detail: { fields: changed.join(' '), ...operatorDetail },
  })
  return true
}

/** The checked profile of a new account. */
export interface NewProfile {
  name?: string | null | undefined
  preferredUsername?: string | null | undefined
  picture?: string | null | undefined
  attributes?: Record<string, AttributeValue>
}

/**
 * Inserts the profiles of new accounts, without entries of their own. Lock and check usernames
 * before.
 */
export async function insertProfiles(
  tx: Tx,
  accounts: { account: string; profile: NewProfile }[],
): Promise<void> {
  const rows = accounts.flatMap(({ account, profile }): Insertable<ProfileTable>[] => {
    const { name = null, preferredUsername = null, picture = null, attributes = {} } = profile
    const isEmpty = name === null && preferredUsername === null && picture === null
    if (isEmpty && Object.keys(attributes).length === 0) return []
    return [
      {
        account_id: account,
        name,
        preferred_username: preferredUsername,
        username_key: preferredUsername === null ? null : usernameKeyOf(preferredUsername),
        picture,
        attributes: JSON.stringify(attributes),
        updated_at: tx.now(),
      },
    ]
  })
  if (rows.length > 0) await tx.insertInto('profile').values(rows).execute()
}

/** Notes that something outside of the row changed that `readProfile` returns. */
export function touchProfile(tx: Tx, account: string): Promise<void> {
  return upsertProfile(tx, account, {})
}

/** Sets columns of a profile, and creates its row if there is none. */
export async function upsertProfile(
  tx: Tx,
  account: string,
  values: Updateable<ProfileTable>,
): Promise<void> {
  const set = { ...values, updated_at: tx.now() }
  await tx
    .insertInto('profile')
    .values({ ...set, attributes: values.attributes ?? '{}', account_id: account })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(set))
    .execute()
}
