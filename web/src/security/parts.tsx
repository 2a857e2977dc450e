import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../forms.tsx'
import { words } from './words.ts'

/** What a section is told, and how its reader keeps their place. */
export interface SectionState {
  /** Undefined before anything was done. */
  said: { what: string } | undefined
  /** Says what has just been done, and takes the reader there: what had the focus may be gone. */
  say: (what: string) => void
  /** Back to the heading, with nothing to say. */
  back: () => void
  /** What was said is over: something else begins. */
  clear: () => void
}

export function useSection(): SectionState {
  const [said, setSaid] = useState<{ what: string }>()
  const say = (what: string) => setSaid({ what })
  return { said, say, back: () => say(''), clear: () => setSaid(undefined) }
}

/** One thing to know or to change, under its heading. */
export function Section(props: {
  state: SectionState
  title: string
  children: ComponentChildren
}) {
  const { said } = props.state
  const { title, children } = props
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  // Once a dialog is gone: before that nothing behind it takes the focus.
  useEffect(() => {
    if (said) heading.current?.focus()
  }, [said])

  return (
    <section class="card stack" aria-labelledby={id}>
      <div>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {/* There before it speaks: else screen readers don't hear it. */}
        <div role="status">{said?.what && <p class="notice good">{said.what}</p>}</div>
      </div>
      {children}
    </section>
  )
}

/** The heading of what has just been opened, where its reader goes on. */
export function StepTitle({ children }: { children: ComponentChildren }) {
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
const few = 5

/** What there is several of, each with what can be done about it. */
export function Entries<One extends { id: string }>(props: {
  all: One[]
  children: (one: One) => ComponentChildren
}) {
  const { all, children } = props
  const [open, setOpen] = useState(false)
  const firstMore = useRef<HTMLLIElement>(null)
  // The button is gone: whoever pressed it reads on here.
  useEffect(() => {
    if (open) firstMore.current?.focus()
  }, [open])

  const shown = open ? all : all.slice(0, few)
  return (
    <>
      <ul class="plain entries">
        {shown.map((one, at) => (
          <li key={one.id} tabIndex={-1} ref={at === few ? firstMore : undefined}>
            {children(one)}
          </li>
        ))}
      </ul>
      {shown.length < all.length && (
        <Button kind="link" onClick={() => setOpen(true)}>
          {words.showAll(all.length)}
        </Button>
      )}
    </>
  )
}

/** Copies a text, and says so. */
export function Copy({ text, children }: { text: string; children: ComponentChildren }) {
  const [said, say] = useState('')
  async function copy() {
    // Without HTTPS browsers have no clipboard.
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    )
    say(copied ? words.copied : words.copyFailed)
  }
  return (
    <span class="copying">
      <Button onClick={copy}>{children}</Button>
      <span role="status" class="soft">
        {said}
      </span>
    </span>
  )
}
