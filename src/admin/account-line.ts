import { day, now } from '../lib/clock.ts'
import { type EmailAddress, parseEmailAddress } from '../lib/email-address.ts'
import { isLanguage, type Language, languages } from '../lib/language.ts'
import { readHash } from '../lib/password-forms/read-hash.ts'
import { parsePhoneNumber } from '../lib/phone-number.ts'
import { readTotpSecret } from './totp-secret.ts'

/** The fields of a line, all of them text. */
export interface AccountLine {
  email: string
  passwordHash?: string
  phoneNumber?: string
  mfaEmail?: string
  totpSecret?: string
  mfaMethod?: string
  createdAt?: string
  language?: string
}

const fields = [
  'email',
  'passwordHash',
  'phoneNumber',
  'mfaEmail',
  'totpSecret',
  'mfaMethod',
  'createdAt',
  'language',
] as const satisfies (keyof AccountLine)[]

/** An account as a line tells of it. */
export interface GivenAccount {
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
class Refused extends Error {}

/** A line holds one account; the longest possible fields fit in it many times. */
export const longestLine = 16 * 1024

/** Reads a line of JSON strictly. @param text undefined for what could not even be read as text */
export function parseAccountLine(text: string | undefined): GivenAccount | { refused: string } {
  try {
    return accountOf(fieldsOf(text))
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message }
    throw error
  }
}

function fieldsOf(text: string | undefined): Partial<AccountLine> {
  if (text === undefined) throw new Refused('it is not UTF-8, or has more than 16 KiB')
  const given = objectOf(text)
  const unknown = Object.keys(given).find((name) => !fields.some((field) => field === name))
  if (unknown !== undefined) {
    // What does not look like a name may be a secret that got into the wrong place.
    const shown = /^\w{1,40}$/.test(unknown) ? ` “${unknown}”` : ''
    throw new Refused(`there is no field${shown}: there are ${fields.join(', ')}`)
  }
  const values = fields.flatMap((name) => {
    const value = given[name] ?? undefined
    if (value === undefined) return []
    if (typeof value !== 'string') throw new Refused(`${name} is not a text in quotes`)
    return [[name, value] as const]
  })
  return Object.fromEntries(values)
}

function objectOf(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refused('it is not JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new Refused('it is not one JSON object')
}

function accountOf(given: Partial<AccountLine>): GivenAccount {
  if (given.email === undefined) throw new Refused('email is missing')
  const email = parseEmailAddress(given.email)
  if (!email) throw new Refused('the address is not one')
  const { passwordHash } = given
  const hash = passwordHash === undefined ? undefined : readHash(passwordHash)
  if (hash && 'refused' in hash) throw new Refused(hash.refused)

  const phoneNumber = given.phoneNumber === undefined ? null : phoneNumberOf(given.phoneNumber)
  const totpSecret = given.totpSecret === undefined ? undefined : totpSecretOf(given.totpSecret)
  const mfaMethod = mfaMethodOf(given.mfaMethod, { totpSecret, phoneNumber })
  const mfaEmail = mfaEmailOf(given.mfaEmail) ?? (mfaMethod === 'email' ? email.address : null)
  return {
    email,
    passwordHash,
    phoneNumber,
    mfaEmail,
    totpSecret,
    mfaMethod,
    createdAt: given.createdAt === undefined ? undefined : instantOf(given.createdAt),
    language: languageOf(given.language),
    canonical: JSON.stringify(fields.map((name) => given[name] ?? null)),
  }
}

function phoneNumberOf(written: string): string {
  const parsed = parsePhoneNumber(written)
  if (parsed.kind === 'usable') return parsed.number
  if (parsed.kind === 'costly') throw new Refused('texts to the phone number cost extra')
  if (parsed.kind === 'unreachable') throw new Refused('no text reaches the phone number')
  throw new Refused('the phone number is not one: it begins with + and the country’s code')
}

function totpSecretOf(written: string): string {
  const read = readTotpSecret(written)
  if ('refused' in read) throw new Refused(read.refused)
  return read.secret
}

function mfaEmailOf(written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  const email = parseEmailAddress(written)
  if (!email) throw new Refused('mfaEmail is not an address')
  return email.address
}

/** An app that is set up is asked for, unless the line says otherwise: nothing is weakened unsaid. */
function mfaMethodOf(
  written: string | undefined,
  given: { totpSecret: string | undefined; phoneNumber: string | null },
): GivenAccount['mfaMethod'] {
  const method = written ?? (given.totpSecret === undefined ? 'off' : 'authenticator')
  if (method === 'off') return null
  if (method === 'email') return method
  if (method === 'authenticator') {
    if (given.totpSecret !== undefined) return method
    throw new Refused('mfaMethod is authenticator, and totpSecret is missing')
  }
  if (method === 'sms') {
    if (given.phoneNumber !== null) return method
    throw new Refused('mfaMethod is sms, and phoneNumber is missing')
  }
  if (method === 'passkey') {
    throw new Refused(
      'a passkey works only where it was made: as mfaMethod choose email, or off, or leave the account out',
    )
  }
  throw new Refused('mfaMethod is none of authenticator, sms, email and off')
}

const rfc3339 =
  /^(\d{4}-\d\d-(\d\d))[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Reads RFC 3339 strictly: `Date.parse` alone makes the 1st of March of a 30th of February. */
function instantOf(written: string): number {
  const parts = rfc3339.exec(written)
  if (!parts) throw new Refused('createdAt is not a time such as 2024-05-01T12:00:00Z')
  const [, date, dayOfMonth, time = '', second, fraction = '', zone = ''] = parts
  // A leap second counts as the second before it.
  const seconds = `${second === '60' ? '59' : second}.${fraction.padEnd(3, '0').slice(0, 3)}`
  const at = Date.parse(`${date}T${time}:${seconds}${zone.toUpperCase()}`)
  const exists = new Date(`${date}T00:00:00Z`).getUTCDate() === Number(dayOfMonth) && time < '24:00'
  if (!exists || Number.isNaN(at)) throw new Refused('createdAt is a time that there never was')
  // A day ahead is a clock that is wrong, or another's.
  if (at < 0 || at > now() + day) throw new Refused('createdAt is before 1970, or still to come')
  return at
}

function languageOf(written: string | undefined): Language | null {
  if (written === undefined) return null
  if (isLanguage(written)) return written
  throw new Refused(`language is none of ${languages.join(', ')}`)
}
