import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'

/** The announcement and the focus of a section. */
export interface SectionState {
  /** Undefined until a change is completed or cancelled. */
  announcement: { message: string } | undefined
  /** Shows a message and focuses the heading: the element that had the focus may be gone. */
  announce: (message: string) => void
  /** Focuses the heading and shows no message. */
  focusHeading: () => void
  /** Removes the message, when the next change starts. */
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

export function Section(props: {
  state: SectionState
  title: string
  children: ComponentChildren
}) {
  const { announcement } = props.state
  const { title, children } = props
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  // In an effect, because nothing behind a dialog can be focused before it is closed.
  useEffect(() => {
    if (announcement) heading.current?.focus()
  }, [announcement])

  return (
    <section class="card stack" aria-labelledby={id}>
      <div>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {/* Always rendered: screen readers only announce changes in a live region that exists. */}
        <div role="status">
          {announcement?.message && <p class="notice success">{announcement.message}</p>}
        </div>
      </div>
      {children}
    </section>
  )
}
