import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** What a number in E.164 turned out to be. */
export type PhoneNumber = { kind: 'usable'; number: string } | { kind: 'impossible' | 'costly' }

// Numbers that bill whoever calls or texts them: thieves have services text numbers of their own.
const costly = new Set(['PREMIUM_RATE', 'SHARED_COST', 'PERSONAL_NUMBER'])

/** @param written international form with a leading plus; spaces, hyphens and brackets are allowed */
export function parsePhoneNumber(written: string): PhoneNumber {
  if (!/^\+[0-9 ().-]{5,24}$/.test(written)) return { kind: 'impossible' }
  const parsed = parsePhoneNumberFromString(written)
  if (!parsed?.isPossible()) return { kind: 'impossible' }
  const type = parsed.getType()
  if (type !== undefined && costly.has(type)) return { kind: 'costly' }
  return { kind: 'usable', number: parsed.number }
}
