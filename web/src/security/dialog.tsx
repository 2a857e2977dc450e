import type { ComponentChildren } from 'preact'
import { useCallback, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../components/button.tsx'
import { Notice } from '../components/notice.tsx'
import type { Failure } from '../failure.ts'

/** A modal dialog. Escape closes it, and the focus returns to where it was. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const { title, onClose, children } = props
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => () => dialog.current?.close(), [])

  // A ref callback runs before the layout effects of the children, which may focus a field.
  const showModal = useCallback((element: HTMLDialogElement | null) => {
    if (!element) return
    dialog.current = element
    element.showModal()
    // Not the first button, which an Enter key still held down would press.
    element.querySelector('h2')?.focus()
  }, [])

  return (
    <dialog ref={showModal} class="stack" aria-labelledby={id} onClose={onClose}>
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  )
}

export function ConfirmDialog(props: {
  title: string
  description: string
  confirmLabel: string
  cancelLabel: string
  /** @returns the failure to show in the dialog, which then stays open */
  onConfirm: () => Promise<Failure | undefined>
  onClose: () => void
}) {
  const { title, description, confirmLabel, cancelLabel, onConfirm, onClose } = props
  const [failure, setFailure] = useState<Failure>()
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{description}</p>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <div class="buttons">
        <Button kind="danger" onClick={async () => setFailure(await onConfirm())}>
          {confirmLabel}
        </Button>
        <Button onClick={onClose}>{cancelLabel}</Button>
      </div>
    </Dialog>
  )
}
