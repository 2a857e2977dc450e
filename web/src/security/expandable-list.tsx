import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../components/button.tsx'
import { t } from './i18n.ts'

const initialCount = 5

/** A list that shows its first items, and all of them on request. */
export function ExpandableList<Item extends { id: string }>(props: {
  items: Item[]
  children: (item: Item) => ComponentChildren
}) {
  const { items, children } = props
  const [expanded, setExpanded] = useState(false)
  const firstRevealed = useRef<HTMLLIElement>(null)
  // The button that had the focus is gone.
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
