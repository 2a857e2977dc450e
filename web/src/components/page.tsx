import { type ComponentChildren, render } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { config } from '../config.ts'
import { LanguageSwitcher } from './language-switcher.tsx'

/** Renders a page, with the operator's brand above and the languages below. */
export function renderPage(page: ComponentChildren, options: { wide?: boolean } = {}): void {
  const root = document.getElementById('page')
  if (!root) return
  root.textContent = ''
  render(
    <>
      <header class="site-header">
        <a class="brand" href="/">
          {config.logo === null ? <KeyIcon /> : <img src={config.logo} alt="" />}
          {config.brandName}
        </a>
      </header>
      <main class={options.wide ? 'wide' : ''}>{page}</main>
      <footer class="site-footer">
        <LanguageSwitcher />
      </footer>
    </>,
    root,
  )
}

/**
 * The heading of a page or step, which is also the title of the document.
 *
 * @param props.autofocus for a later step without a field to focus: screen readers go on there
 */
export function Heading(props: { children: string; autofocus?: boolean }) {
  const { children, autofocus } = props
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => {
    document.title = `${children} · ${config.brandName}`
    if (autofocus) heading.current?.focus()
  }, [children])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  )
}

function KeyIcon() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <path
        fill="currentColor"
        d="M11 4a9 9 0 1 0 7.9 13.3H22l2 2 2-2 2 2 3-3.3-3-3H18.9A9 9 0 0 0 11 4Zm-2.6 6.4a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2Z"
      />
    </svg>
  )
}
