import type { ComponentChildren } from 'preact'

export function Notice({ kind, children }: { kind?: 'error'; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind ?? ''}`} role={kind === 'error' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}
