import { Problem } from '../lib/problem.ts'
import { isSingleLine } from '../lib/single-line.ts'

/** Characters: enough for two sentences and a ticket number. */
const maxLength = 500

/**
 * Parses an operator's reason for an action, which the owner will read.
 *
 * @throws Problem `invalid_request`
 */
export function parseReason(input: string): string {
  const reason = input.trim()
  if (isSingleLine(reason, maxLength)) return reason
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
