import { useState } from 'preact/hooks'
import { config } from '../config.ts'
import { failureOf } from '../failure.ts'
import { text } from '../text.ts'
import { type Failure, PasswordField } from './forms.tsx'

const t = text.newPassword

/** What NIST SP 800-63B-4 (§3.1.1.2) asks of a password that is the only thing asked for. */
const singleFactorMinLength = 15

/** A password to be chosen. What it is made of is nobody's business; how long it is helps. */
export function NewPasswordField(props: {
  name: string
  label: string
  error: string | undefined
  defaultValue?: string
  autofocus?: boolean
}) {
  const [length, setLength] = useState(() => lengthOf(props.defaultValue ?? ''))
  return (
    <PasswordField
      {...props}
      autocomplete="new-password"
      minLength={config.passwordMinLength}
      hint={t.advice(config.passwordMinLength)}
      // What was refused may well have been long enough.
      feedback={
        !props.error &&
        length > 0 && (
          <>
            <progress max={singleFactorMinLength} value={length} aria-hidden="true" />
            {lengthFeedback(length)}
          </>
        )
      }
      onInput={({ currentTarget }) => setLength(lengthOf(currentTarget.value))}
    />
  )
}

function lengthFeedback(length: number): string {
  const minLength = config.passwordMinLength
  if (length < minLength) return t.more(minLength - length)
  return length < singleFactorMinLength ? t.longEnough : t.strong
}

/** As people count characters, and the service. */
function lengthOf(password: string): number {
  return [...password].length
}

/** Why the service did not take a new password or what came with it, at its field. */
export function newPasswordFailureOf(
  result: Parameters<typeof failureOf>[0],
  { field, password, email }: { field: string; password: string; email: string },
): Failure {
  const failure = failureOf(result, { invalid_password: field })
  if (failure.field === field) return { field, message: rejectionOf(password, email) }
  if (result.problem.code !== 'invalid_code') return failure
  return { field: 'code', message: text.common.invalidOrExpiredCode }
}

/** The service judges; this finds the words in the reader's language. */
function rejectionOf(password: string, email: string): string {
  const minLength = config.passwordMinLength
  if (lengthOf(password) < minLength) return t.tooShort(minLength)
  if (new TextEncoder().encode(password).length > 1024) return t.tooLong
  const guessable = [email, email.split('@')[0] ?? '', config.name]
  const isGuessable = guessable.some((name) => name.toLowerCase() === password.toLowerCase())
  return isGuessable ? t.known : t.common
}
