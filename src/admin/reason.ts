import { Problem } from '../lib/problem.ts'

/** Enough for two sentences and the number of a ticket. */
const maxLength = 500

/** What would break the line, or turn round what follows it, where the reason is shown. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

/**
 * Why an operator does something, as its owner will read it.
 *
 * @throws Problem `invalid_request`
 */
export function parseReason(input: string): string {
  const reason = input.trim()
  if (reason !== '' && reason.length <= maxLength && !unprintable.test(reason)) return reason
  throw new Problem(
    'invalid_request',
    `The reason must be one line, of ${maxLength} characters at most.`,
    {
      errors: [
        { path: '/reason', message: `must be one line, of ${maxLength} characters at most` },
      ],
    },
  )
}
