import type { NewProfile } from '../accounts/profile.ts'
import { parseGroups, parseProfileChange, parseUsername } from '../accounts/profile-fields.ts'
import type { AttributeDefinition } from '../config/profile-attributes.ts'
import { Problem } from '../lib/problem.ts'

/** The fields of a line that are the profile of its account. */
export interface ProfileRecord {
  name?: string
  preferredUsername?: string
  picture?: string
  groups?: string[]
  attributes?: Record<string, unknown>
}

export const profileFieldNames = [
  'name',
  'preferredUsername',
  'picture',
  'groups',
  'attributes',
] as const satisfies (keyof ProfileRecord)[]

export interface ParsedProfile {
  profile: NewProfile & { preferredUsername: string | null }
  groups: string[]
}

/** Checks the profile of a line as an operator's change would be. Null attributes are left out. */
export function parseProfileRecord(
  record: ProfileRecord,
  definitions: readonly AttributeDefinition[],
): ParsedProfile | { refused: string } {
  try {
    const { name, preferredUsername, picture, groups = [], attributes: values } = record
    const fields = { name, picture, attributes: values }
    const { attributes = {}, ...rest } = parseProfileChange(definitions, fields, 'operator')
    const given = Object.entries(attributes).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    )
    return {
      profile: {
        ...rest,
        preferredUsername:
          preferredUsername === undefined ? null : parseUsername(preferredUsername),
        attributes: Object.fromEntries(given),
      },
      groups: parseGroups(groups),
    }
  } catch (error) {
    const [first] = error instanceof Problem ? (error.members.errors ?? []) : []
    if (!first) throw error
    // Only names are repeated: anything else may be a misplaced secret.
    const field = /^\/([a-z]+(?:\/\w{1,40})?)$/i.exec(first.path)?.[1]
    return { refused: field ? `${field} ${first.message}` : 'attributes has an unknown name' }
  }
}
