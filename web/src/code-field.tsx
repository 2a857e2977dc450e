import type { ComponentChildren } from 'preact'
import { useEffect, useId, useState } from 'preact/hooks'
import { Button, Field } from './forms.tsx'
import { waitOf } from './problems.ts'
import { text } from './text.ts'

/** Whether all of a code is there, however it is spaced. */
const complete = {
  digits: (typed: string) => /^\d{6}$/.test(typed.replaceAll(/\s/g, '')),
  recovery: (typed: string) => /^[\da-z]{12}$/i.test(typed.replaceAll(/[\s-]/g, '')),
}

/** One field for a code. It takes a pasted or autofilled one, and sends itself when complete. */
export function CodeField(props: {
  label: string
  kind: keyof typeof complete
  hint?: ComponentChildren
  error?: string | undefined
  /** There is more to fill in. */
  notAlone?: boolean
}) {
  const { label, kind, hint, error, notAlone = false } = props
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
        if (!notAlone && complete[kind](currentTarget.value)) currentTarget.form?.requestSubmit()
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
export function SendAgain(props: { retryAfter: number; send: () => Promise<number | undefined> }) {
  const id = useId()
  const [from, setFrom] = useState(() => Date.now() + props.retryAfter * 1000)
  const left = useSecondsUntil(from)

  async function again() {
    const retryAfter = (await props.send()) ?? 0
    setFrom(Date.now() + retryAfter * 1000)
  }

  return (
    <div class="send-again">
      <Button kind="link" waiting={left > 0} describedBy={id} onClick={again}>
        {text.common.sendAgain}
      </Button>
      <span class="soft" id={id}>
        {left > 0 && text.common.sendAgainIn(waitOf(left))}
      </span>
    </div>
  )
}

/** Looked up on the clock each time: in a tab that nobody sees, seconds pass unevenly. */
function useSecondsUntil(time: number): number {
  const [, look] = useState({})
  useEffect(() => {
    const timer = setInterval(() => look({}), 1000)
    return () => clearInterval(timer)
  }, [])
  return Math.max(0, Math.ceil((time - Date.now()) / 1000))
}
