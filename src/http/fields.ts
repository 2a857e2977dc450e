import { type EmailAddress, parseEmailAddress } from '../lib/email-address.ts'
import { Problem } from '../lib/problem.ts'

/** A problem like those of schema validation, for a field that fails a check beyond its schema. */
export function invalidField(path: string, message: string): Problem {
  return new Problem('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] })
}

/** Parses a request's `email`. @throws Problem `invalid_request` if it is not deliverable */
export function parseEmailField(input: string): EmailAddress {
  const email = parseEmailAddress(input)
  if (!email) throw invalidField('/email', 'is not a valid email address')
  return email
}

/**
 * Parses a request's `phoneNumber` to E.164.
 *
 * @throws Problem `invalid_request` if it cannot receive text messages
 */
export async function parsePhoneField(input: string): Promise<string> {
  // Loaded with the first number: the numbering plans of all countries take a few megabytes.
  const { parsePhoneNumber } = await import('../lib/phone-number.ts')
  const parsed = parsePhoneNumber(input)
  if (parsed.kind === 'usable') return parsed.number
  throw invalidField('/phoneNumber', phoneErrors[parsed.kind])
}

const phoneErrors = {
  impossible: 'is not a valid phone number; use the international format, such as +14155550123',
  costly: 'is a premium-rate number; use an ordinary mobile number',
  unreachable: 'cannot receive text messages; use an ordinary mobile number',
}
