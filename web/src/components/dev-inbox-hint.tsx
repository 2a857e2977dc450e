import { config } from '../config.ts'
import { text } from '../text.ts'

/** A link to the messages, in development. */
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
