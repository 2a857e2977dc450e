import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../components/forms.tsx'
import { t } from './i18n.ts'

/** What a section is told, and how its reader keeps their place. */
export interface SectionState {
  /** Undefined before anything was done. */
  announcement: { message: string } | undefined
  /** Says what has just been done, and takes the reader there: what had the focus may be gone. */
  announce: (message: string) => void
  /** Back to the heading, with nothing to say. */
  focusHeading: () => void
  /** What was said is over: something else begins. */
  clear: () => void
}

export function useSection(): SectionState {
  const [announcement, setAnnouncement] = useState<{ message: string }>()
  const announce = (message: string) => setAnnouncement({ message })
  return {
    announcement,
    announce,
    focusHeading: () => announce(''),
    clear: () => setAnnouncement(undefined),
  }
}

/** One thing to know or to change, under its heading. */
export function Section(props: {
  state: SectionState
  title: string
  children: ComponentChildren
}) {
  const { announcement } = props.state
  const { title, children } = props
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  // Once a dialog is gone: before that nothing behind it takes the focus.
  useEffect(() => {
    if (announcement) heading.current?.focus()
  }, [announcement])

  return (
    <section class="card stack" aria-labelledby={id}>
      <div>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {/* There before it speaks: else screen readers don't hear it. */}
        <div role="status">
          {announcement?.message && <p class="notice good">{announcement.message}</p>}
        </div>
      </div>
      {children}
    </section>
  )
}

/** The heading of what has just been opened, where its reader goes on. */
export function StepHeading({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  // A field below it takes the focus in its turn.
  useLayoutEffect(() => heading.current?.focus(), [])
  return (
    <h3 ref={heading} tabIndex={-1}>
      {children}
    </h3>
  )
}

/** More than that is shown to whoever asks for it. */
const initialCount = 5

/** What there is several of, each with what can be done about it. */
export function ExpandableList<Item extends { id: string }>(props: {
  items: Item[]
  children: (item: Item) => ComponentChildren
}) {
  const { items, children } = props
  const [expanded, setExpanded] = useState(false)
  const firstRevealed = useRef<HTMLLIElement>(null)
  // The button is gone: whoever pressed it reads on here.
  useEffect(() => {
    if (expanded) firstRevealed.current?.focus()
  }, [expanded])

  const shown = expanded ? items : items.slice(0, initialCount)
  return (
    <>
      <ul class="plain entries">
        {shown.map((item, index) => (
          <li key={item.id} tabIndex={-1} ref={index === initialCount ? firstRevealed : undefined}>
            {children(item)}
          </li>
        ))}
      </ul>
      {shown.length < items.length && (
        <Button kind="link" onClick={() => setExpanded(true)}>
          {t.showAll(items.length)}
        </Button>
      )}
    </>
  )
}

/** Copies a text, and says so. */
export function CopyButton({ text, children }: { text: string; children: ComponentChildren }) {
  const [status, setStatus] = useState('')
  async function copy() {
    // Without HTTPS browsers have no clipboard.
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    )
    setStatus(copied ? t.copied : t.copyFailed)
  }
  return (
    <span class="copying">
      <Button onClick={copy}>{children}</Button>
      <span role="status" class="soft">
        {status}
      </span>
    </span>
  )
}
