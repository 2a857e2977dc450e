import type { ComponentChildren } from 'preact'
import { Field } from './field.tsx'

/** Whether a code is complete; spaces and, in recovery codes, hyphens do not count. */
const isComplete = {
  digits: (typed: string) => /^\d{6}$/.test(typed.replaceAll(/\s/g, '')),
  recovery: (typed: string) => /^[\da-z]{12}$/i.test(typed.replaceAll(/[\s-]/g, '')),
}

/** A field for a code. A complete one, typed, pasted or autofilled, submits the form. */
export function CodeField(props: {
  label: string
  kind: keyof typeof isComplete
  hint?: ComponentChildren
  error?: string | undefined
  /** Does not submit the form, which has more fields to fill in. */
  hasOtherFields?: boolean
}) {
  const { label, kind, hint, error, hasOtherFields = false } = props
  const digits = kind === 'digits'
  return (
    <Field
      name="code"
      class="code"
      label={label}
      hint={hint}
      error={error}
      autocomplete="one-time-code"
      inputmode={digits ? 'numeric' : 'text'}
      autocapitalize={digits ? 'none' : 'characters'}
      spellcheck={false}
      maxLength={32}
      autofocus
      required
      onInput={({ currentTarget }) => {
        if (!hasOtherFields && isComplete[kind](currentTarget.value))
          currentTarget.form?.requestSubmit()
      }}
    />
  )
}
