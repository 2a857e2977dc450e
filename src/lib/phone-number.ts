import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** A parsed phone number, in E.164 if usable, or the reason for rejecting it. */
export type ParsedPhoneNumber =
  | { kind: 'usable'; number: string }
  | { kind: 'impossible' | 'costly' | 'unreachable' }

// Premium numbers earn their owner money per message: fraudsters make services message them.
const costly = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER'])

// Numbers that cannot receive text messages.
const unreachable = new Set(['TOLL_FREE', 'UAN', 'PAGER', 'VOICEMAIL'])

// Satellite and international networks: a text costs up to a hundred times the usual price, often
// does not arrive, and the recipient of the money is hard to trace.
const nonGeographicCodes = new Set(['870', '878', '881', '882', '883', '888'])

/** @param input international form with a leading plus; spaces, hyphens and brackets are allowed */
export function parsePhoneNumber(input: string): ParsedPhoneNumber {
  if (!/^\+[0-9 ().-]{5,24}$/.test(input)) return { kind: 'impossible' }
  const parsed = parsePhoneNumberFromString(input)
  if (!parsed?.isPossible()) return { kind: 'impossible' }
  if (nonGeographicCodes.has(parsed.countryCallingCode)) return { kind: 'unreachable' }
  const type = parsed.getType()
  // An unassigned range: the price of a text and its beneficiary are unknown.
  if (type === undefined || unreachable.has(type)) return { kind: 'unreachable' }
  if (costly.has(type)) return { kind: 'costly' }
  return { kind: 'usable', number: parsed.number }
}
