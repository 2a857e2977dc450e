import type { ComponentChildren } from 'preact'
import { useEffect, useId, useState } from 'preact/hooks'
import { durationOf } from '../failure.ts'
import { text } from '../text.ts'
import { Button, Field } from './forms.tsx'

/** Whether all of a code is there, however it is spaced. */
const isComplete = {
  digits: (typed: string) => /^\d{6}$/.test(typed.replaceAll(/\s/g, '')),
  recovery: (typed: string) => /^[\da-z]{12}$/i.test(typed.replaceAll(/[\s-]/g, '')),
}

/** One field for a code. It takes a pasted or autofilled one, and sends itself when complete. */
export function CodeField(props: {
  label: string
  kind: keyof typeof isComplete
  hint?: ComponentChildren
  error?: string | undefined
  /** There is more to fill in. */
  hasOtherFields?: boolean
}) {
  const { label, kind, hint, error, hasOtherFields = false } = props
  const digits = kind === 'digits'
  return (
    <Field
      name="code"
      class={`code ${kind}`}
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

/**
 * Sends the code again, once the countdown is over.
 *
 * @param props.retryAfter seconds until the first time
 * @param props.send gives the seconds until the next time
 */
export function ResendCode(props: {
  retryAfter: number
  onResend: () => Promise<number | undefined>
}) {
  const id = useId()
  const [availableAt, setAvailableAt] = useState(() => Date.now() + props.retryAfter * 1000)
  const secondsLeft = useSecondsUntil(availableAt)

  async function resend() {
    const retryAfter = (await props.onResend()) ?? 0
    setAvailableAt(Date.now() + retryAfter * 1000)
  }

  return (
    <div class="send-again">
      <Button kind="link" disabled={secondsLeft > 0} describedBy={id} onClick={resend}>
        {text.common.resend}
      </Button>
      <span class="soft" id={id}>
        {secondsLeft > 0 && text.common.resendIn(durationOf(secondsLeft))}
      </span>
    </div>
  )
}

/** Looked up on the clock each time: in a tab that nobody sees, seconds pass unevenly. */
function useSecondsUntil(time: number): number {
  const [, rerender] = useState({})
  useEffect(() => {
    const timer = setInterval(() => rerender({}), 1000)
    return () => clearInterval(timer)
  }, [])
  return Math.max(0, Math.ceil((time - Date.now()) / 1000))
}
