import { Notice } from '../components/notice.tsx'
import { Heading } from '../components/page.tsx'
import type { Failure } from '../failure.ts'
import { t } from './i18n.ts'

/** A request of an application that this page can’t answer. */
export function AppFailure({ failure }: { failure: Failure }) {
  return (
    <section class="card stack">
      <Heading>{t.errorTitle}</Heading>
      <Notice kind="error">{failure.message}</Notice>
    </section>
  )
}
