import { type ComponentChildren, render } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { config } from '../config.ts'
import { text } from '../text.ts'

/** Shows a page: the operator's name above, what is to be done in the middle, the languages below. */
export function renderPage(page: ComponentChildren, options: { wide?: boolean } = {}): void {
  const root = document.getElementById('page')
  if (!root) return
  root.textContent = ''
  render(
    <>
      <header class="top">
        <a class="brand" href="/">
          {config.logo === null ? <KeyIcon /> : <img src={config.logo} alt="" />}
          {config.name}
        </a>
      </header>
      <main class={options.wide ? 'wide' : ''}>{page}</main>
      <footer class="bottom">
        <LanguageSwitcher />
      </footer>
    </>,
    root,
  )
}

/**
 * What a page or a step of it is about.
 *
 * @param props.focused for a step that comes later and has no field to begin with: a screen reader
 * goes on there
 */
export function Heading(props: { children: string; autofocus?: boolean }) {
  const { children, autofocus } = props
  const heading = useRef<HTMLHeadingElement>(null)
  useLayoutEffect(() => {
    document.title = `${children} · ${config.name}`
    if (autofocus) heading.current?.focus()
  }, [children])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  )
}

/** Where the code is, for whoever tries this out. */
export function DevInboxHint() {
  if (!config.devInbox) return null
  return (
    <p class="soft">
      {text.common.nothingIsSent}{' '}
      <a href="/dev/inbox" target="_blank" rel="noreferrer">
        {text.common.openInbox}
      </a>
    </p>
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

/** In their own words. */
export const languageNames = { en: 'English', de: 'Deutsch' } as const

/** The fragment may hold a token: it stays, as long as it has not been used. */
function LanguageSwitcher() {
  return (
    <nav aria-label={text.common.language} class="row">
      {Object.entries(languageNames).map(([code, name]) =>
        code === config.language ? (
          <span key={code} aria-current="true">
            {name}
          </span>
        ) : (
          <a
            key={code}
            lang={code}
            hreflang={code}
            href={urlForLanguage(code)}
            onClick={({ currentTarget }) => {
              currentTarget.hash = location.hash
            }}
          >
            {name}
          </a>
        ),
      )}
    </nav>
  )
}

function urlForLanguage(code: string): string {
  const url = new URL(location.href)
  url.searchParams.set('lang', code)
  url.hash = ''
  return url.href
}
