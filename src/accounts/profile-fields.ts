import { isIP } from 'node:net'
import type { AttributeDefinition } from '../config/profile-attributes.ts'
import { Problem } from '../lib/problem.ts'
import { isSingleLine } from '../lib/single-line.ts'

/** The value of an attribute. */
export type AttributeValue = string | number | boolean

/** Characters of a display name: more than the longest names, and one line on every page. */
export const maxNameLength = 100

/** Characters of the URL of a picture. */
export const maxPictureLength = 1000

/** Characters of the value of an attribute. */
const maxValueLength = 200

/** Groups of an account: all of them must fit into an ID token and a request header. */
export const maxGroups = 50

/**
 * A group label: ASCII, so that it fits into a header, and without commas and spaces, by which headers
 * and settings of applications separate lists. Upper and lower case differ, as in their comparisons.
 */
const groupPattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/

/**
 * A username: 2 to 32 ASCII letters and digits with single `.`, `_` or `-` between them, beginning
 * with a letter. Every system that applications are likely to hand it to accepts that (POSIX, Git
 * hosting, Nextcloud), and it can be taken for no email address (it has no `@`), no phone number and
 * no account id (they begin with a digit), and no other script’s look-alike.
 */
const usernamePattern = /^(?=.{2,32}$)[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$/

/** @throws Problem `invalid_request` */
export function parseName(input: string): string {
  const name = input.trim().normalize()
  if (isSingleLine(name, maxNameLength)) return name
  throw invalid('/name', `must be a single line of at most ${maxNameLength} characters`)
}

/** @throws Problem `invalid_request` */
export function parseUsername(input: string): string {
  if (usernamePattern.test(input)) return input
  throw invalid(
    '/preferredUsername',
    'must have 2 to 32 letters and digits from a to z and 0 to 9, begin with a letter, and may have single ., _ or - between them',
  )
}

/** The form by which a username is unique, whatever its case. */
export function usernameKeyOf(username: string): string {
  return username.toLowerCase()
}

/**
 * Parses the URL of a picture. Applications request it, some from their own network: so it names a
 * public host by https on the usual port, and no address. A name may still lead anywhere.
 *
 * @throws Problem `invalid_request`
 */
export function parsePicture(input: string): string {
  const url = URL.parse(input)
  const isSafe =
    url?.protocol === 'https:' &&
    url.username === '' &&
    url.password === '' &&
    url.port === '' &&
    isPublicName(url.hostname)
  if (isSafe && url.href.length <= maxPictureLength) return url.href
  throw invalid(
    '/picture',
    `must be an https URL of at most ${maxPictureLength} characters with the name of a host, without a port or a password`,
  )
}

function isPublicName(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '')
  return isIP(name) === 0 && /[^.]\.[a-z][a-z0-9-]*$/.test(name) && !name.endsWith('.localhost')
}

/** Checks group labels, sorts them, and drops repeated ones. @throws Problem `invalid_request` */
export function parseGroups(input: readonly string[]): string[] {
  const groups = [...new Set(input)].sort()
  if (!groups.every((group) => groupPattern.test(group))) {
    throw invalid(
      '/groups',
      'must be labels of 1 to 64 letters and digits from a to z and 0 to 9, and . _ : / - after the first character',
    )
  }
  if (groups.length > maxGroups) throw invalid('/groups', `can be ${maxGroups} at most`)
  return groups
}

/** Attributes to change, by name; null removes one. */
export type AttributeChanges = Readonly<Record<string, AttributeValue | null>>

/**
 * Checks changes of attributes against their declarations.
 *
 * @param editor the author of the changes: operators may edit all
 * @throws Problem `invalid_request`
 */
export function parseAttributes(
  definitions: readonly AttributeDefinition[],
  input: Readonly<Record<string, unknown>>,
  editor: AttributeDefinition['editableBy'],
): AttributeChanges {
  const changes = Object.entries(input).map(([name, value]) => {
    const definition = definitions.find((one) => one.name === name)
    const path = `/attributes/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!definition) throw invalid(path, 'is not an attribute that the operator has declared')
    if (editor === 'owner' && definition.editableBy !== 'owner') {
      throw invalid(path, 'can only be changed by an operator')
    }
    if (value === null) return [name, null] as const
    const parsed = parseValue(definition, value)
    if (parsed === undefined) throw invalid(path, valueErrors[definition.type])
    return [name, parsed] as const
  })
  return Object.fromEntries(changes)
}

/** Changes of a profile as they were sent; null removes, and what is missing stays. */
export interface ProfileInput {
  name?: string | null | undefined
  picture?: string | null | undefined
  attributes?: Readonly<Record<string, unknown>> | undefined
}

/** Checked changes of a profile. */
export interface ProfileChange {
  name?: string | null
  picture?: string | null
  attributes?: AttributeChanges
}

/** Checks changes of a profile. @param editor as of `parseAttributes` @throws Problem `invalid_request` */
export function parseProfileChange(
  definitions: readonly AttributeDefinition[],
  { name, picture, attributes }: ProfileInput,
  editor: AttributeDefinition['editableBy'],
): ProfileChange {
  return {
    ...(name !== undefined && { name: name === null ? null : parseName(name) }),
    ...(picture !== undefined && { picture: picture === null ? null : parsePicture(picture) }),
    ...(attributes && { attributes: parseAttributes(definitions, attributes, editor) }),
  }
}

/** @returns undefined if the value has another type than the attribute, or can't be shown */
export function parseValue(
  { type }: AttributeDefinition,
  value: unknown,
): AttributeValue | undefined {
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined
  if (type === 'number') {
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  }
  if (typeof value !== 'string') return undefined
  const text = value.trim().normalize()
  return isSingleLine(text, maxValueLength) ? text : undefined
}

const valueErrors = {
  string: `must be a single line of at most ${maxValueLength} characters`,
  number: 'must be a number',
  boolean: 'must be true or false',
}

function invalid(path: string, message: string): Problem {
  return new Problem('invalid_request', `${path.slice(1)} ${message}.`, {
    errors: [{ path, message }],
  })
}
