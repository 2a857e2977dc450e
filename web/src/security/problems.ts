import type { Failure } from '../forms.tsx'
import { failureOf } from '../problems.ts'
import { words } from './words.ts'

type Refused = Parameters<typeof failureOf>[0]

const atField: Record<string, string> = {
  email: 'no_address',
  phoneNumber: 'no_phone',
  name: 'no_name',
}

/** What people are told of a failed change, at the field that it belongs to. */
export function whyNot(refused: Refused, fields: Record<string, string> = {}): Failure {
  const failure = failureOf(refused, fields)
  const { code } = refused.problem
  const name = code === 'invalid_request' ? (atField[failure.field ?? ''] ?? '') : code
  const told = words.problems[name as keyof typeof words.problems]
  return typeof told === 'string' ? { ...failure, message: told } : failure
}
