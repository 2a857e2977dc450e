import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../components/button.tsx'
import { t } from './i18n.ts'

export function CopyButton({ text, children }: { text: string; children: ComponentChildren }) {
  const [status, setStatus] = useState('')
  async function copy() {
    // Browsers offer the clipboard to HTTPS and localhost only.
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    )
    setStatus(copied ? t.copied : t.copyFailed)
  }
  return (
    <span class="copy-button">
      <Button onClick={copy}>{children}</Button>
      <span role="status" class="soft">
        {status}
      </span>
    </span>
  )
}
