import { useEffect, useId, useState } from 'preact/hooks'
import { durationOf, text } from '../text.ts'
import { Button } from './button.tsx'

/**
 * Seconds until another code can be requested, where the response has no `retryAfter`: long enough
 * for a message to arrive.
 */
export const resendDelaySeconds = 30

/**
 * A button for another code, enabled after a countdown.
 *
 * @param props.retryAfter seconds until it is enabled
 * @param props.onResend requests a code. @returns the seconds until the next request
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
    <div class="resend-code">
      <Button kind="link" disabled={secondsLeft > 0} describedBy={id} onClick={resend}>
        {text.common.resend}
      </Button>
      <span class="soft" id={id}>
        {secondsLeft > 0 && text.common.resendIn(durationOf(secondsLeft))}
      </span>
    </div>
  )
}

/** Counts by the clock, because browsers delay the timers of hidden tabs. */
function useSecondsUntil(time: number): number {
  const [, rerender] = useState({})
  useEffect(() => {
    const timer = setInterval(() => rerender({}), 1000)
    return () => clearInterval(timer)
  }, [])
  return Math.max(0, Math.ceil((time - Date.now()) / 1000))
}
