import { useState } from 'preact/hooks'
import { config } from '../config.ts'
import { type FailedCall, type Failure, failureOf } from '../failure.ts'
import { text } from '../text.ts'
import { PasswordField } from './password-field.tsx'

const t = text.newPassword

/** NIST SP 800-63B-4 (§3.1.1.2): the minimum for a password without a second factor. */
const singleFactorMinLength = 15

/** A field for a new password, with feedback on its length. There are no composition rules. */
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
      // A rejected password may be long enough: praise would contradict the error.
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

/** In code points, as the service counts. */
function lengthOf(password: string): number {
  return [...password].length
}

/** The message for a failed call with a new password. @param field the name of its field */
export function newPasswordFailureOf(
  result: FailedCall,
  { field, password, email }: { field: string; password: string; email: string },
): Failure {
  const failure = failureOf(result, { invalid_password: field })
  if (failure.field === field) return { field, message: rejectionOf(password, email) }
  if (result.problem.code !== 'invalid_code') return failure
  return { field: 'code', message: text.common.invalidOrExpiredCode }
}

/** The service's reason for rejecting the password, in the page's language. */
function rejectionOf(password: string, email: string): string {
  const minLength = config.passwordMinLength
  if (lengthOf(password) < minLength) return t.tooShort(minLength)
  if (new TextEncoder().encode(password).length > 1024) return t.tooLong
  const guessable = [email, email.split('@')[0] ?? '', config.brandName]
  const isGuessable = guessable.some((name) => name.toLowerCase() === password.toLowerCase())
  return isGuessable ? t.known : t.common
}
