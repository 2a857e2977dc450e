import type { ComponentChildren } from 'preact'
import { useCallback, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button, type Failure, Notice } from '../forms.tsx'
import { text } from '../text.ts'

/** Something to be answered before anything else. Escape closes it; then the focus is where it was. */
export function Dialog(props: { title: string; close: () => void; children: ComponentChildren }) {
  const { title, close, children } = props
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => () => dialog.current?.close(), [])

  // As soon as it is there, so that a field in it can take the focus.
  const open = useCallback((element: HTMLDialogElement | null) => {
    if (!element) return
    dialog.current = element
    element.showModal()
    // Not the first button: whoever still has a finger on Enter would press it.
    element.querySelector('h2')?.focus()
  }, [])

  return (
    <dialog ref={open} class="stack" aria-labelledby={id} onClose={close}>
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  )
}

/** Asks whether it is really meant, with one honest sentence of what it means. */
export function Confirm(props: {
  title: string
  means: string
  yes: string
  no: string
  /** @returns why it did not work; the dialog stays open then */
  onYes: () => Promise<Failure | undefined>
  close: () => void
}) {
  const { title, means, yes, no, onYes, close } = props
  const [failure, setFailure] = useState<Failure>()
  return (
    <Dialog title={title} close={close}>
      <p>{means}</p>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <div class="buttons">
        <Button kind="danger" onClick={async () => setFailure(await onYes())}>
          {yes}
        </Button>
        <Button onClick={close}>{no}</Button>
      </div>
    </Dialog>
  )
}

/** Leaves things as they are. */
export function Cancel({ onClick }: { onClick: () => void }) {
  return (
    <Button kind="link" onClick={onClick}>
      {text.common.cancel}
    </Button>
  )
}
