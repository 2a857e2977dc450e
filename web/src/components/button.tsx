import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { text } from '../text.ts'

/** A button that ignores clicks while busy or disabled, and keeps its focus. */
export function Button(props: {
  children: ComponentChildren
  kind?: 'primary' | 'danger' | 'link' | undefined
  /** An accessible name that contains the visible text (WCAG 2.2, 2.5.3). */
  label?: string
  /** In addition, the button is busy until the promise of `onClick` settles. */
  busy?: boolean
  /** `describedBy` explains why. */
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
