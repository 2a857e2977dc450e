import { Heading, renderPage } from '../components/page.tsx'
import { config } from '../config.ts'
import { text } from '../text.ts'

/** A request that can’t be answered, not even by going back to the application. */
interface AppError {
  error: string
  description?: string
  requestId: string
}

const { error, description, requestId } = config.provider as AppError

renderPage(
  <section class="card stack">
    <Heading>{text.apps.errorTitle}</Heading>
    <p>{text.apps.errorAbout}</p>
    <p>
      <code>{description === undefined ? error : `${error}: ${description}`}</code>
    </p>
    <p class="soft">{text.apps.requestNumber(requestId)}</p>
  </section>,
)
