import type { Problem, ProblemCode } from '../../client/latchkey.ts'
import { durationOf, text } from './text.ts'

/** A message for the owner, beside `field` if it belongs to one. */
export interface Failure {
  message: string
  field?: string | undefined
}

/** An error response, as the client returns it. */
export interface FailedCall {
  problem: Problem
}

/** The field that a problem code belongs to. */
export type FieldOfCode = Partial<Record<ProblemCode, string>>

/** The message for a failed call, in the page's language. */
export function failureOf({ problem }: FailedCall, fieldOfCode: FieldOfCode = {}): Failure {
  const { code, errors, retryAfter = 0, requestId } = problem
  const field = fieldOfCode[code] ?? errors?.[0]?.path.slice(1)
  if (code === 'invalid_request' && field === 'email') {
    return { message: text.problems.invalid_email, field }
  }
  const entry = text.problems[code as keyof typeof text.problems]
  if (code === 'too_many_attempts' || code === 'too_many_messages') {
    return { message: text.problems[code](durationOf(retryAfter)), field }
  }
  const message = typeof entry === 'string' ? entry : text.problems.unknown(requestId)
  return { message, field }
}
