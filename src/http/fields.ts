import { type EmailAddress, parseEmailAddress } from '../lib/email-address.ts'
import { parsePhoneNumber } from '../lib/phone-number.ts'
import { Problem } from '../lib/problem.ts'

/** A field that has the right form but no sense, told like one that has not. */
export function invalidField(path: string, message: string): Problem {
  return new Problem('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] })
}

/** The address in a request's `email`. @throws Problem if no mail could be sent to it */
export function parseEmailField(input: string): EmailAddress {
  const email = parseEmailAddress(input)
  if (!email) throw invalidField('/email', 'is no email address that mail can be sent to')
  return email
}

/** The number in a request's `phoneNumber`, in E.164. @throws Problem if texts can't go there */
export function parsePhoneField(input: string): string {
  const parsed = parsePhoneNumber(input)
  if (parsed.kind === 'usable') return parsed.number
  throw invalidField('/phoneNumber', phoneErrors[parsed.kind])
}

const phoneErrors = {
  impossible: 'is no possible phone number; write it in international form, such as +14155550123',
  costly: 'is a number that texts would cost extra; use an ordinary mobile number',
  unreachable: 'is a number that no text reaches; use an ordinary mobile number',
}
