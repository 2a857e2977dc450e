import type { ComponentChildren } from 'preact'
import { useCallback, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button, type Failure, Notice } from '../components/forms.tsx'
import { text } from '../text.ts'

/** Something to be answered before anything else. Escape closes it; then the focus is where it was. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const { title, onClose, children } = props
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => () => dialog.current?.close(), [])

  // As soon as it is there, so that a field in it can take the focus.
  const showModal = useCallback((element: HTMLDialogElement | null) => {
    if (!element) return
    dialog.current = element
    element.showModal()
    // Not the first button: whoever still has a finger on Enter would press it.
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

/** Asks whether it is really meant, with one honest sentence of what it means. */
export function ConfirmDialog(props: {
  title: string
  description: string
  confirmLabel: string
  cancelLabel: string
  /** @returns why it did not work; the dialog stays open then */
  onConfirm: () => Promise<Failure | undefined>
  onClose: () => void
}) {
  const { title, description, confirmLabel, cancelLabel, onConfirm, onClose } = props
  const [failure, setFailure] = useState<Failure>()
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{description}</p>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <div class="buttons">
        <Button kind="danger" onClick={async () => setFailure(await onConfirm())}>
          {confirmLabel}
        </Button>
        <Button onClick={onClose}>{cancelLabel}</Button>
      </div>
    </Dialog>
  )
}

/** Leaves things as they are. */
export function CancelButton({ onClick }: { onClick: () => void }) {
  return (
    <Button kind="link" onClick={onClick}>
      {text.common.cancel}
    </Button>
  )
}
