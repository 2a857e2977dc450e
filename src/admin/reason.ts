import { Problem } from '../lib/problem.ts'

/** Characters: enough for two sentences and a ticket number. */
const maxLength = 500

/** Characters that break the line, or reverse the text after them, where the reason is shown. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

/**
 * Parses an operator's reason for an action, which the owner will read.
 *
 * @throws Problem `invalid_request`
 */
export function parseReason(input: string): string {
  const reason = input.trim()
  if (reason !== '' && reason.length <= maxLength && !unprintable.test(reason)) return reason
  throw new Problem(
    'invalid_request',
    `The reason must be a single line of at most ${maxLength} characters.`,
    {
      errors: [
        { path: '/reason', message: `must be a single line of at most ${maxLength} characters` },
      ],
    },
  )
}
