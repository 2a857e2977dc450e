import { type FailedCall, type Failure, type FieldOfCode, failureOf } from '../failure.ts'
import { t } from './i18n.ts'

const problemOfField: Record<string, string> = {
  phoneNumber: 'invalid_phone_number',
  name: 'invalid_name',
}

/** The message for a failed call of the security page. */
export function securityFailureOf(failed: FailedCall, fieldOfCode: FieldOfCode = {}): Failure {
  const failure = failureOf(failed, { invalid_credentials: 'currentPassword', ...fieldOfCode })
  const { code } = failed.problem
  const name = code === 'invalid_request' ? (problemOfField[failure.field ?? ''] ?? '') : code
  const message = t.problems[name as keyof typeof t.problems]
  return typeof message === 'string' ? { ...failure, message } : failure
}
