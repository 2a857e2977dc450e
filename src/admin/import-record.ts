import { day, now } from '../lib/clock.ts'
import { type EmailAddress, parseEmailAddress } from '../lib/email-address.ts'
import { isLanguage, type Language, languages } from '../lib/language.ts'
import { parseHash } from '../lib/password-hash-formats/parse-hash.ts'
import { parsePhoneNumber } from '../lib/phone-number.ts'
import { parseTotpSecret } from './parse-totp-secret.ts'

/** The fields of a line, all of them text. */
export interface ImportRecord {
  email: string
  passwordHash?: string
  phoneNumber?: string
  mfaEmail?: string
  totpSecret?: string
  mfaMethod?: string
  createdAt?: string
  language?: string
}

const fieldNames = [
  'email',
  'passwordHash',
  'phoneNumber',
  'mfaEmail',
  'totpSecret',
  'mfaMethod',
  'createdAt',
  'language',
] as const satisfies (keyof ImportRecord)[]

/** An account as a line tells of it. */
export interface ParsedAccount {
  email: EmailAddress
  passwordHash: string | undefined
  /** E.164. */
  phoneNumber: string | null
  mfaEmail: string | null
  /** In base 32, as it is stored. */
  totpSecret: string | undefined
  /** Null: MFA is off. */
  mfaMethod: 'authenticator' | 'sms' | 'email' | null
  /** Milliseconds since 1970. */
  createdAt: number | undefined
  language: Language | null
  /** The same for every spelling of the line, and for no other line. */
  canonical: string
}

/** Why a line is not taken, as the rest of a sentence; nothing of the line is repeated in it. */
class InvalidRecordError extends Error {}

/** A line holds one account; the longest possible fields fit in it many times. */
export const maxLineBytes = 16 * 1024

/** Reads a line of JSON strictly. @param text undefined for what could not even be read as text */
export function parseImportRecord(text: string | undefined): ParsedAccount | { refused: string } {
  try {
    return accountOf(fieldsOf(text))
  } catch (error) {
    if (error instanceof InvalidRecordError) return { refused: error.message }
    throw error
  }
}

function fieldsOf(text: string | undefined): Partial<ImportRecord> {
  if (text === undefined) throw new InvalidRecordError('it is not UTF-8, or has more than 16 KiB')
  const object = objectOf(text)
  const unknown = Object.keys(object).find((name) => !fieldNames.some((field) => field === name))
  if (unknown !== undefined) {
    // What does not look like a name may be a secret that got into the wrong place.
    const quoted = /^\w{1,40}$/.test(unknown) ? ` “${unknown}”` : ''
    throw new InvalidRecordError(`there is no field${quoted}: there are ${fieldNames.join(', ')}`)
  }
  const values = fieldNames.flatMap((name) => {
    const value = object[name] ?? undefined
    if (value === undefined) return []
    if (typeof value !== 'string') throw new InvalidRecordError(`${name} is not a text in quotes`)
    return [[name, value] as const]
  })
  return Object.fromEntries(values)
}

function objectOf(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidRecordError('it is not JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new InvalidRecordError('it is not one JSON object')
}

function accountOf(fields: Partial<ImportRecord>): ParsedAccount {
  if (fields.email === undefined) throw new InvalidRecordError('email is missing')
  const email = parseEmailAddress(fields.email)
  if (!email) throw new InvalidRecordError('the address is not one')
  const { passwordHash } = fields
  const hash = passwordHash === undefined ? undefined : parseHash(passwordHash)
  if (hash && 'refused' in hash) throw new InvalidRecordError(hash.refused)

  const phoneNumber = fields.phoneNumber === undefined ? null : phoneNumberOf(fields.phoneNumber)
  const totpSecret = fields.totpSecret === undefined ? undefined : totpSecretOf(fields.totpSecret)
  const mfaMethod = mfaMethodOf(fields.mfaMethod, { totpSecret, phoneNumber })
  const mfaEmail = mfaEmailOf(fields.mfaEmail) ?? (mfaMethod === 'email' ? email.address : null)
  return {
    email,
    passwordHash,
    phoneNumber,
    mfaEmail,
    totpSecret,
    mfaMethod,
    createdAt: fields.createdAt === undefined ? undefined : instantOf(fields.createdAt),
    language: languageOf(fields.language),
    canonical: JSON.stringify(fieldNames.map((name) => fields[name] ?? null)),
  }
}

function phoneNumberOf(input: string): string {
  const parsed = parsePhoneNumber(input)
  if (parsed.kind === 'usable') return parsed.number
  if (parsed.kind === 'costly') throw new InvalidRecordError('texts to the phone number cost extra')
  if (parsed.kind === 'unreachable')
    throw new InvalidRecordError('no text reaches the phone number')
  throw new InvalidRecordError(
    'the phone number is not one: it begins with + and the country’s code',
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
  if (!email) throw new InvalidRecordError('mfaEmail is not an address')
  return email.address
}

/** An app that is set up is asked for, unless the line says otherwise: nothing is weakened unsaid. */
function mfaMethodOf(
  input: string | undefined,
  account: { totpSecret: string | undefined; phoneNumber: string | null },
): ParsedAccount['mfaMethod'] {
  const method = input ?? (account.totpSecret === undefined ? 'off' : 'authenticator')
  if (method === 'off') return null
  if (method === 'email') return method
  if (method === 'authenticator') {
    if (account.totpSecret !== undefined) return method
    throw new InvalidRecordError('mfaMethod is authenticator, and totpSecret is missing')
  }
  if (method === 'sms') {
    if (account.phoneNumber !== null) return method
    throw new InvalidRecordError('mfaMethod is sms, and phoneNumber is missing')
  }
  if (method === 'passkey') {
    throw new InvalidRecordError(
      'a passkey works only where it was made: as mfaMethod choose email, or off, or leave the account out',
    )
  }
  throw new InvalidRecordError('mfaMethod is none of authenticator, sms, email and off')
}

const rfc3339 =
  /^(\d{4}-\d\d-(\d\d))[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Reads RFC 3339 strictly: `Date.parse` alone makes the 1st of March of a 30th of February. */
function instantOf(input: string): number {
  const parts = rfc3339.exec(input)
  if (!parts) throw new InvalidRecordError('createdAt is not a time such as 2024-05-01T12:00:00Z')
  const [, date, dayOfMonth, time = '', second, fraction = '', zone = ''] = parts
  // A leap second counts as the second before it.
  const seconds = `${second === '60' ? '59' : second}.${fraction.padEnd(3, '0').slice(0, 3)}`
  const at = Date.parse(`${date}T${time}:${seconds}${zone.toUpperCase()}`)
  const exists = new Date(`${date}T00:00:00Z`).getUTCDate() === Number(dayOfMonth) && time < '24:00'
  if (!exists || Number.isNaN(at))
    throw new InvalidRecordError('createdAt is a time that there never was')
  // A day ahead is a clock that is wrong, or another's.
  if (at < 0 || at > now() + day)
    throw new InvalidRecordError('createdAt is before 1970, or still to come')
  return at
}

function languageOf(input: string | undefined): Language | null {
  if (input === undefined) return null
  if (isLanguage(input)) return input
  throw new InvalidRecordError(`language is none of ${languages.join(', ')}`)
}
