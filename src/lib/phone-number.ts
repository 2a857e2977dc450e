import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** What a number in E.164 turned out to be. */
export type ParsedPhoneNumber =
  | { kind: 'usable'; number: string }
  | { kind: 'impossible' | 'costly' | 'unreachable' }

// Numbers that bill whoever calls or texts them: thieves have services text numbers of their own.
const costly = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER'])

// Numbers behind which is no phone that shows texts.
const unreachable = new Set(['TOLL_FREE', 'UAN', 'PAGER', 'VOICEMAIL'])

// Satellites, and networks of no country: a text there costs as much as a hundred others, if it
// arrives. Who takes in that money is hard to tell.
const nonGeographicCodes = new Set(['870', '878', '881', '882', '883', '888'])

/** @param input international form with a leading plus; spaces, hyphens and brackets are allowed */
export function parsePhoneNumber(input: string): ParsedPhoneNumber {
  if (!/^\+[0-9 ().-]{5,24}$/.test(input)) return { kind: 'impossible' }
  const parsed = parsePhoneNumberFromString(input)
  if (!parsed?.isPossible()) return { kind: 'impossible' }
  if (nonGeographicCodes.has(parsed.countryCallingCode)) return { kind: 'unreachable' }
  const type = parsed.getType()
  // Of a range that was given to nobody: what texts to it cost, and who earns by it, is unknown.
  if (type === undefined || unreachable.has(type)) return { kind: 'unreachable' }
  if (costly.has(type)) return { kind: 'costly' }
  return { kind: 'usable', number: parsed.number }
}

/** The ten thousand numbers in a row, as companies get them, that a number in E.164 is one of. */
export function rangeOf(number: string): string {
  return number.slice(0, -4)
}
