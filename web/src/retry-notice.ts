import type { Problem } from '../../client/latchkey.ts'
import { durationOf, text } from './text.ts'

/** In the top layer, above dialogs, and independent of what the page renders. */
const notice = document.createElement('div')
notice.className = 'notice error retry'
notice.role = 'status'
notice.popover = 'manual'

/** Says why the page waits, and in how many seconds it tries again. */
export function showRetry({ code }: Problem, waitSeconds: number): void {
  const reason = text.retry[code as keyof typeof text.retry] ?? text.retry.unavailable
  notice.textContent = reason(durationOf(waitSeconds))
  // Outside of an open dialog, everything is hidden from screen readers.
  const parent = document.querySelector('dialog[open]') ?? document.body
  if (notice.parentNode === parent) return
  parent.append(notice)
  // Older browsers show it as a part of the page.
  notice.showPopover?.()
}

export function hideRetry(): void {
  notice.remove()
}
