import type { ComponentChildren, TargetedInputEvent } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

interface InputProps {
  type?: 'text' | 'email' | 'tel' | 'password'
  class?: string
  defaultValue?: string
  autocomplete?: AutoFill
  autocapitalize?: 'none' | 'characters'
  inputmode?: 'numeric' | 'text' | 'tel'
  spellcheck?: boolean
  minLength?: number
  maxLength?: number
  autofocus?: boolean
  required?: boolean
  onInput?: (event: TargetedInputEvent<HTMLInputElement>) => void
}

/** A labelled input, with a hint above it and feedback and error below. */
export function Field(
  props: InputProps & {
    name: string
    label: string
    hint?: ComponentChildren
    /** On the current input. */
    feedback?: ComponentChildren
    error?: string | undefined
    /** Inside the frame of the input. */
    adornment?: ComponentChildren
  },
) {
  const { label, hint, feedback, error, adornment, autofocus, ...inputProps } = props
  const id = useId()
  const element = useRef<HTMLInputElement>(null)
  // Browsers apply the `autofocus` attribute only when a page loads.
  useLayoutEffect(() => {
    if (autofocus) element.current?.focus()
  }, [])
  const describedBy = Object.entries({ hint, feedback, error })
    .flatMap(([name, content]) => (content ? `${id}-${name}` : []))
    .join(' ')
  const control = (
    <input
      // Preact's types allow other ARIA roles for each `type`, which is not known here.
      {...(inputProps as object)}
      ref={element}
      id={id}
      aria-invalid={Boolean(error)}
      aria-describedby={describedBy || undefined}
    />
  )
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {/* Above the input, because browsers show their suggestions below it. */}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {adornment ? (
        <div class="input-group">
          {control}
          {adornment}
        </div>
      ) : (
        control
      )}
      {feedback && (
        <span class="hint" id={`${id}-feedback`}>
          {feedback}
        </span>
      )}
      {error && (
        <span class="error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
    </div>
  )
}
