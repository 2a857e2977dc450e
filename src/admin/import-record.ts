import type { AttributeDefinition } from '../config/profile-attributes.ts'
import { day, now } from '../lib/clock.ts'
import { type EmailAddress, parseEmailAddress } from '../lib/email-address.ts'
import { isLanguage, type Language, languages } from '../lib/language.ts'
import { parseHash } from '../lib/password-hash-formats/parse-hash.ts'
import { parsePhoneNumber } from '../lib/phone-number.ts'
import {
  type ParsedProfile,
  type ProfileRecord,
  parseProfileRecord,
  profileFieldNames,
} from './import-profile.ts'
import { parseTotpSecret } from './parse-totp-secret.ts'

/** The fields of a line. */
export interface ImportRecord extends ProfileRecord {
  email: string
  passwordHash?: string
  phoneNumber?: string
  mfaEmail?: string
  totpSecret?: string
  mfaMethod?: string
  createdAt?: string
  language?: string
}

/** The fields that are strings and no profile. */
const accountFieldNames = [
  'email',
  'passwordHash',
  'phoneNumber',
  'mfaEmail',
  'totpSecret',
  'mfaMethod',
  'createdAt',
  'language',
] as const satisfies (keyof ImportRecord)[]

const fieldNames = [...accountFieldNames, ...profileFieldNames]

/** The account of a line. */
export interface ParsedAccount extends ParsedProfile {
  email: EmailAddress
  passwordHash: string | undefined
  /** E.164. */
  phoneNumber: string | null
  mfaEmail: string | null
  /** In base 32. */
  totpSecret: string | undefined
  /** Null if MFA is off. */
  mfaMethod: 'authenticator' | 'sms' | 'email' | null
  /** Milliseconds since 1970. */
  createdAt: number | undefined
  language: Language | null
  /** Equal for lines with equal fields, whatever their order and spacing. */
  canonical: string
}

/** A line that can't be imported. Its message ends a sentence and repeats nothing of the line. */
class InvalidRecordError extends Error {}

/** Far more than the longest possible fields take. */
export const maxLineBytes = 16 * 1024

/**
 * Parses a line of JSON strictly.
 *
 * @param text undefined if the line is not readable as text
 * @param definitions the attributes that the operator has declared
 */
export function parseImportRecord(
  text: string | undefined,
  definitions: readonly AttributeDefinition[],
): ParsedAccount | { refused: string } {
  try {
    return accountOf(fieldsOf(text), definitions)
  } catch (error) {
    if (error instanceof InvalidRecordError) return { refused: error.message }
    throw error
  }
}

function fieldsOf(text: string | undefined): Partial<ImportRecord> {
  if (text === undefined) throw new InvalidRecordError('it is not UTF-8, or longer than 16 KiB')
  const object = objectOf(text)
  const unknown = Object.keys(object).find((name) => !fieldNames.some((field) => field === name))
  if (unknown !== undefined) {
    // Only names are repeated: anything else may be a misplaced secret.
    const quoted = /^\w{1,40}$/.test(unknown) ? ` “${unknown}”` : ''
    throw new InvalidRecordError(
      `unknown field${quoted}; known fields are ${fieldNames.join(', ')}`,
    )
  }
  const values = fieldNames.flatMap((name) => {
    const value = object[name] ?? undefined
    if (value === undefined) return []
    const expected = fieldTypes[name as keyof typeof fieldTypes] ?? fieldTypes.text
    if (!expected.accepts(value)) throw new InvalidRecordError(`${name} is not ${expected.words}`)
    return [[name, value] as const]
  })
  return Object.fromEntries(values)
}

/** The types of fields that are not text, by their names. */
const fieldTypes = {
  text: { words: 'a string', accepts: (value: unknown) => typeof value === 'string' },
  groups: {
    words: 'a list of strings',
    accepts: (value: unknown) =>
      Array.isArray(value) && value.every((group) => typeof group === 'string'),
  },
  attributes: { words: 'a JSON object', accepts: isObject },
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectOf(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidRecordError('it is not JSON')
  }
  if (isObject(value)) return value
  throw new InvalidRecordError('it is not a JSON object')
}

function accountOf(
  fields: Partial<ImportRecord>,
  definitions: readonly AttributeDefinition[],
): ParsedAccount {
  if (fields.email === undefined) throw new InvalidRecordError('email is missing')
  const email = parseEmailAddress(fields.email)
  if (!email) throw new InvalidRecordError('email is not an email address')
  const { passwordHash } = fields
  const hash = passwordHash === undefined ? undefined : parseHash(passwordHash)
  if (hash && 'refused' in hash) throw new InvalidRecordError(hash.refused)

  const phoneNumber = fields.phoneNumber === undefined ? null : phoneNumberOf(fields.phoneNumber)
  const totpSecret = fields.totpSecret === undefined ? undefined : totpSecretOf(fields.totpSecret)
  const mfaMethod = mfaMethodOf(fields.mfaMethod, { totpSecret, phoneNumber })
  const mfaEmail = mfaEmailOf(fields.mfaEmail) ?? (mfaMethod === 'email' ? email.address : null)
  const profile = parseProfileRecord(fields, definitions)
  if ('refused' in profile) throw new InvalidRecordError(profile.refused)
  return {
    ...profile,
    email,
    passwordHash,
    phoneNumber,
    mfaEmail,
    totpSecret,
    mfaMethod,
    createdAt: fields.createdAt === undefined ? undefined : instantOf(fields.createdAt),
    language: languageOf(fields.language),
    canonical: JSON.stringify([
      ...accountFieldNames.map((name) => fields[name] ?? null),
      // Absent without a profile: equal to the fingerprints of earlier versions.
      ...(profileFieldNames.some((name) => fields[name] !== undefined)
        ? [canonicalProfileOf(profile)]
        : []),
    ]),
  }
}

/** Equal for profiles with equal fields, whatever the order of groups and attributes. */
function canonicalProfileOf({ profile, groups }: ParsedProfile) {
  const { name = null, preferredUsername, picture = null, attributes = {} } = profile
  return [name, preferredUsername, picture, groups, Object.entries(attributes).sort()]
}

function phoneNumberOf(input: string): string {
  const parsed = parsePhoneNumber(input)
  if (parsed.kind === 'usable') return parsed.number
  if (parsed.kind === 'costly') throw new InvalidRecordError('phoneNumber is a premium-rate number')
  if (parsed.kind === 'unreachable')
    throw new InvalidRecordError('phoneNumber can’t receive text messages')
  throw new InvalidRecordError(
    'phoneNumber is not a phone number: it starts with + and the country code',
  )
}

function totpSecretOf(input: string): string {
  const result = parseTotpSecret(input)
  if ('refused' in result) throw new InvalidRecordError(result.refused)
  return result.secret
}

function mfaEmailOf(input: string | undefined): string | undefined {
  if (input === undefined) return undefined
  const email = parseEmailAddress(input)
  if (!email) throw new InvalidRecordError('mfaEmail is not an email address')
  return email.address
}

/** Defaults to the authenticator app if there is one, so that no import weakens an account silently. */
function mfaMethodOf(
  input: string | undefined,
  account: { totpSecret: string | undefined; phoneNumber: string | null },
): ParsedAccount['mfaMethod'] {
  const method = input ?? (account.totpSecret === undefined ? 'off' : 'authenticator')
  if (method === 'off') return null
  if (method === 'email') return method
  if (method === 'authenticator') {
    if (account.totpSecret !== undefined) return method
    throw new InvalidRecordError('mfaMethod is authenticator, but totpSecret is missing')
  }
  if (method === 'sms') {
    if (account.phoneNumber !== null) return method
    throw new InvalidRecordError('mfaMethod is sms, but phoneNumber is missing')
  }
  if (method === 'passkey') {
    throw new InvalidRecordError(
      'passkeys can’t be imported: set mfaMethod to email or off, or leave the account out',
    )
  }
  throw new InvalidRecordError('mfaMethod is not one of authenticator, sms, email, off')
}

const rfc3339 =
  /^(\d{4}-\d\d-(\d\d))[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Parses RFC 3339 strictly: `Date.parse` alone turns 30 February into 1 or 2 March. */
function instantOf(input: string): number {
  const parts = rfc3339.exec(input)
  if (!parts) throw new InvalidRecordError('createdAt is not a time such as 2024-05-01T12:00:00Z')
  const [, date, dayOfMonth, time = '', second, fraction = '', zone = ''] = parts
  // A leap second counts as the second before it.
  const seconds = `${second === '60' ? '59' : second}.${fraction.padEnd(3, '0').slice(0, 3)}`
  const at = Date.parse(`${date}T${time}:${seconds}${zone.toUpperCase()}`)
  const exists = new Date(`${date}T00:00:00Z`).getUTCDate() === Number(dayOfMonth) && time < '24:00'
  if (!exists || Number.isNaN(at))
    throw new InvalidRecordError('createdAt is not an existing date and time')
  // Accepts a day ahead, for clocks that are wrong.
  if (at < 0 || at > now() + day)
    throw new InvalidRecordError('createdAt is before 1970 or in the future')
  return at
}

function languageOf(input: string | undefined): Language | null {
  if (input === undefined) return null
  if (isLanguage(input)) return input
  throw new InvalidRecordError(`language is not one of ${languages.join(', ')}`)
}
