import { type EmailAddress, parseEmailAddress } from '../lib/email-address.ts'
import { parsePhoneNumber } from '../lib/phone-number.ts'
import { Problem } from '../lib/problem.ts'

/** A field that has the right form but no sense, told like one that has not. */
export function fieldProblem(path: string, message: string): Problem {
  return new Problem('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] })
}

/** The address in a request's `email`. @throws Problem if no mail could be sent to it */
export function emailAddress(written: string): EmailAddress {
  const email = parseEmailAddress(written)
  if (!email) throw fieldProblem('/email', 'is no email address that mail can be sent to')
  return email
}

/** The number in a request's `phoneNumber`, in E.164. @throws Problem if texts can't go there */
export function phoneNumber(written: string): string {
  const parsed = parsePhoneNumber(written)
  if (parsed.kind === 'usable') return parsed.number
  throw fieldProblem('/phoneNumber', sentences[parsed.kind])
}

const sentences = {
  impossible: 'is no possible phone number; write it in international form, such as +14155550123',
  costly: 'is a number that texts would cost extra; use an ordinary mobile number',
  unreachable: 'is a number that no text reaches; use an ordinary mobile number',
}
