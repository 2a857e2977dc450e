import type { ComponentChildren, TargetedInputEvent, TargetedSubmitEvent } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { text } from '../text.ts'

/** Why something did not work, and at which field it is said. */
export interface Failure {
  message: string
  field?: string | undefined
}

/**
 * A form that is sent once at a time. What was typed stays; a failure is said beside its field, and
 * the field is focused.
 */
export function Form(props: {
  onSubmit: (fields: Record<string, string>) => Promise<Failure | undefined>
  submitLabel: string
  kind?: 'primary' | 'danger'
  children: (errorFor: (field: string) => string | undefined) => ComponentChildren
  /** Below the button. */
  footer?: ComponentChildren
}) {
  const { onSubmit, submitLabel, kind = 'primary', children, footer } = props
  const form = useRef<HTMLFormElement>(null)
  // At once, not at the next look: what is complete may be sent twice before that.
  const submitting = useRef(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  useLayoutEffect(() => {
    if (!failure?.field) return
    const field = fieldOf(form.current, failure.field)
    if (!field) return
    field.focus()
    // What is typed next takes the place of a wrong code.
    if (field.autocomplete === 'one-time-code') field.select()
  }, [failure])

  async function handleSubmit(event: TargetedSubmitEvent<HTMLFormElement>) {
    event.preventDefault()
    if (submitting.current) return
    const missing = [...event.currentTarget.elements].find(isMissing)
    if (missing) return setFailure({ field: missing.name, message: text.common.required })
    submitting.current = true
    setBusy(true)
    setFailure(undefined)
    const entries = [...new FormData(event.currentTarget)]
    const fields = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
    try {
      setFailure(await onSubmit(fields))
    } finally {
      submitting.current = false
      setBusy(false)
    }
  }

  const field = fieldOf(form.current, failure?.field)
  return (
    <form
      ref={form}
      onSubmit={handleSubmit}
      onInput={({ target }) => {
        // Whoever mends it has read why.
        if (target === field && !submitting.current) setFailure(undefined)
      }}
      noValidate
    >
      {failure && !field && <Notice kind="wrong">{failure.message}</Notice>}
      {children((field) => (failure?.field === field ? failure.message : undefined))}
      <Button kind={kind} busy={busy}>
        {submitLabel}
      </Button>
      {footer}
    </form>
  )
}

function fieldOf(form: HTMLFormElement | null, name = ''): HTMLInputElement | undefined {
  const field = form?.elements.namedItem(name)
  return field instanceof HTMLInputElement ? field : undefined
}

function isMissing(element: Element): element is HTMLInputElement {
  return element instanceof HTMLInputElement && element.validity.valueMissing
}

/** A button; while busy or waiting it keeps its place and its focus, and does nothing. */
export function Button(props: {
  children: ComponentChildren
  kind?: 'primary' | 'danger' | 'link' | undefined
  /** What it is called where it is read out alone; it holds the words that are seen. */
  label?: string
  /** From outside; what `onClick` promises is waited for in any case. */
  busy?: boolean
  /** It can't be pressed yet; `describedBy` says why. */
  disabled?: boolean
  describedBy?: string
  autofocus?: boolean
  onClick?: () => unknown
}) {
  const { children, kind, label, disabled = false, describedBy, autofocus, onClick } = props
  const button = useRef<HTMLButtonElement>(null)
  const running = useRef(false)
  const [ownBusy, setOwnBusy] = useState(false)
  useLayoutEffect(() => {
    if (autofocus) button.current?.focus()
  }, [])

  async function runOnClick() {
    running.current = true
    setOwnBusy(true)
    try {
      await onClick?.()
    } finally {
      running.current = false
      setOwnBusy(false)
    }
  }

  const busy = props.busy || ownBusy
  return (
    <button
      ref={button}
      type={onClick ? 'button' : 'submit'}
      class={kind}
      aria-label={label}
      aria-disabled={busy || disabled}
      aria-describedby={describedBy}
      onClick={(event) => {
        if (busy || disabled || running.current) event.preventDefault()
        else if (onClick) runOnClick()
      }}
    >
      {busy ? text.common.working : children}
    </button>
  )
}

export function Notice({
  kind,
  children,
}: {
  kind?: 'wrong' | 'good'
  children: ComponentChildren
}) {
  return (
    <div class={`notice ${kind ?? ''}`} role={kind === 'wrong' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}

/** What of an input's attributes there is a use for. */
interface InputProps {
  type?: 'text' | 'email' | 'tel' | 'password'
  class?: string
  /** What stands there at first. */
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

/** A labelled input, with what it needs said before, and what was wrong said after. */
export function Field(
  props: InputProps & {
    name: string
    label: string
    hint?: ComponentChildren
    /** What is said of what was typed so far. */
    feedback?: ComponentChildren
    error?: string | undefined
    /** Inside the frame of the input, at its end. */
    adornment?: ComponentChildren
  },
) {
  const { label, hint, feedback, error, adornment, autofocus, ...inputProps } = props
  const id = useId()
  const element = useRef<HTMLInputElement>(null)
  // The attribute counts for a page that opens, not for what comes later.
  useLayoutEffect(() => {
    if (autofocus) element.current?.focus()
  }, [])
  const describedBy = Object.entries({ hint, comment: feedback, error })
    .flatMap(([name, content]) => (content ? `${id}-${name}` : []))
    .join(' ')
  const control = (
    <input
      // Preact tells the roles of inputs apart by their type, which is not known here.
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
      {/* Not below the input, where browsers put what they would fill in. */}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {adornment ? (
        <div class="with-button">
          {control}
          {adornment}
        </div>
      ) : (
        control
      )}
      {feedback && (
        <span class="hint" id={`${id}-comment`}>
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

/** A password that its owner may look at. */
export function PasswordField(
  props: { autocomplete: 'current-password' | 'new-password'; label?: string } & Omit<
    Parameters<typeof Field>[0],
    'label'
  >,
) {
  const { label = text.common.password, ...rest } = props
  const [visible, setVisible] = useState(false)
  return (
    <Field
      {...rest}
      label={label}
      type={visible ? 'text' : 'password'}
      autocapitalize="none"
      spellcheck={false}
      required
      adornment={
        <button
          type="button"
          class="bare"
          aria-pressed={visible}
          aria-label={visible ? text.common.hidePassword : text.common.showPassword}
          onClick={() => setVisible(!visible)}
        >
          <EyeIcon open={visible} />
        </button>
      }
    />
  )
}

function EyeIcon({ open }: { open: boolean }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="22"
      height="22"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
    >
      <path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Z" />
      <circle cx="12" cy="12" r="3" />
      {!open && <path d="m4 20 16-16" />}
    </svg>
  )
}
