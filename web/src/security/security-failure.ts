import type { Failure } from '../components/forms.tsx'
import { failureOf } from '../failure.ts'
import { t } from './i18n.ts'

type FailedCall = Parameters<typeof failureOf>[0]

const problemOfField: Record<string, string> = {
  phoneNumber: 'invalid_phone_number',
  name: 'invalid_name',
}

/** What people are told of a failed change, at the field that it belongs to. */
export function securityFailureOf(
  failed: FailedCall,
  fieldOfCode: Record<string, string> = {},
): Failure {
  const failure = failureOf(failed, fieldOfCode)
  const { code } = failed.problem
  const name = code === 'invalid_request' ? (problemOfField[failure.field ?? ''] ?? '') : code
  const message = t.problems[name as keyof typeof t.problems]
  return typeof message === 'string' ? { ...failure, message } : failure
}
