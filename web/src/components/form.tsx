import type { ComponentChildren, TargetedSubmitEvent } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Failure } from '../failure.ts'
import { text } from '../text.ts'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'

/**
 * A form that is submitted once at a time. A failure keeps the input, appears beside its field and
 * focuses that field.
 */
export function Form(props: {
  onSubmit: (fields: Record<string, string>) => Promise<Failure | undefined>
  submitLabel: string
  kind?: 'primary' | 'danger'
  children: (errorFor: (field: string) => string | undefined) => ComponentChildren
  /** Below the submit button. */
  footer?: ComponentChildren
}) {
  const { onSubmit, submitLabel, kind = 'primary', children, footer } = props
  const form = useRef<HTMLFormElement>(null)
  // State changes with the next render; a complete code can be submitted twice before that.
  const submitting = useRef(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  useLayoutEffect(() => {
    if (!failure?.field) return
    const field = fieldOf(form.current, failure.field)
    if (!field) return
    field.focus()
    // Selected, so that typing replaces a wrong code.
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
        if (target === field && !submitting.current) setFailure(undefined)
      }}
      noValidate
    >
      {failure && !field && <Notice kind="error">{failure.message}</Notice>}
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
