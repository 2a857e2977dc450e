import { text } from '../text.ts'
import { Heading } from './page.tsx'

/** For a link from a message that lacks its token: mail programs break long lines. */
export function LinkIncomplete() {
  return (
    <section class="card stack">
      <Heading autofocus>{text.common.linkIncomplete}</Heading>
      <p>{text.common.openLinkAgain}</p>
    </section>
  )
}

/** The token in the fragment of this page’s URL; null if there is none. */
export function tokenOfLink(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('token')
}

// Pasting the complete link into the address bar changes only the fragment, which loads no page.
addEventListener('hashchange', () => location.reload())
