import { Heading } from '../components/page.tsx'
import { t } from './i18n.ts'

/** A request that can’t be answered, not even by going back to the application. */
export interface UnanswerableRequest {
  view: 'error'
  error: string
  description?: string
  requestId: string
}

export function AppError({ error, description, requestId }: UnanswerableRequest) {
  return (
    <section class="card stack">
      <Heading>{t.errorTitle}</Heading>
      <p>{t.errorAbout}</p>
      <p>
        <code>{description === undefined ? error : `${error}: ${description}`}</code>
      </p>
      <p class="soft">{t.requestNumber(requestId)}</p>
    </section>
  )
}
