import { useState } from 'preact/hooks'
import { config } from './config.ts'
import { type Failure, PasswordField } from './forms.tsx'
import { failureOf } from './problems.ts'
import { text } from './text.ts'

const words = text.newPassword

/** What NIST SP 800-63B-4 (§3.1.1.2) asks of a password that is the only thing asked for. */
const enoughAlone = 15

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
      hint={words.advice(config.passwordMinLength)}
      // What was refused may well have been long enough.
      comment={
        !props.error &&
        length > 0 && (
          <>
            <progress max={enoughAlone} value={length} aria-hidden="true" />
            {commentOn(length)}
          </>
        )
      }
      onInput={({ currentTarget }) => setLength(lengthOf(currentTarget.value))}
    />
  )
}

function commentOn(length: number): string {
  const least = config.passwordMinLength
  if (length < least) return words.more(least - length)
  return length < enoughAlone ? words.longEnough : words.strong
}

/** As people count characters, and the service. */
function lengthOf(password: string): number {
  return [...password].length
}

/** Why the service did not take a new password or what came with it, at its field. */
export function newPasswordFailureOf(
  answer: Parameters<typeof failureOf>[0],
  { field, password, email }: { field: string; password: string; email: string },
): Failure {
  const failure = failureOf(answer, { invalid_password: field })
  if (failure.field === field) return { field, message: refusalOf(password, email) }
  if (answer.problem.code !== 'invalid_code') return failure
  return { field: 'code', message: text.common.wrongOrOldCode }
}

/** The service judges; this finds the words in the reader's language. */
function refusalOf(password: string, email: string): string {
  const least = config.passwordMinLength
  if (lengthOf(password) < least) return words.tooShort(least)
  if (new TextEncoder().encode(password).length > 1024) return words.tooLong
  const known = [email, email.split('@')[0] ?? '', config.name]
  const isKnown = known.some((name) => name.toLowerCase() === password.toLowerCase())
  return isKnown ? words.known : words.common
}
