import { config } from '../config.ts'
import { text } from '../text.ts'

/** Each in its own language. */
export const languageNames = { en: 'English', de: 'Deutsch' } as const

/**
 * Links to this page in the other languages. Each click copies the current fragment: it may hold an
 * undo token, but not one that has been redeemed.
 */
export function LanguageSwitcher() {
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
