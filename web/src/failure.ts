import type { Failure } from './components/forms.tsx'
import { text } from './text.ts'

/** What the client gives where something was refused, or nothing came back. */
interface FailedCall {
  problem: {
    code: string
    detail?: string
    requestId?: string
    retryAfter?: number
    errors?: { path: string; message: string }[]
  }
}

/** What people are told of a failed call, at the field that it belongs to. */
export function failureOf(
  { problem }: FailedCall,
  fieldOfCode: Record<string, string> = {},
): Failure {
  const { code, errors, retryAfter = 0, requestId = '' } = problem
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

/** A wait as people say it. */
export function durationOf(seconds: number): string {
  if (seconds < 90) return text.seconds(seconds)
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? text.minutes(minutes) : text.hours(Math.ceil(minutes / 60))
}
