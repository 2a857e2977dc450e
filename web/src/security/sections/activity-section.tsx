import { useEffect, useRef, useState } from 'preact/hooks'
import type { ActivityEntry } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { Account } from '../account.ts'
import { sentenceOf } from '../activity-sentence.ts'
import { dateTimeOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'
import { describeUserAgent } from '../user-agent.ts'

export function ActivitySection({ account }: { account: Account }) {
  const firstPage = account.activity
  const withStepUp = useStepUp()
  const section = useSection()
  const [older, setOlder] = useState<ActivityEntry[]>([])
  const [cursor, setCursor] = useState(firstPage.nextCursor)
  const [failure, setFailure] = useState<Failure>()
  const firstOlder = useRef<HTMLLIElement>(null)

  // A change adds an entry to the first page, and the older pages no longer follow it.
  useEffect(() => {
    setOlder([])
    setCursor(firstPage.nextCursor)
  }, [firstPage])

  // The button that had the focus may be gone.
  const [firstOlderEntry] = older
  const [focusedId, setFocusedId] = useState<string>()
  useEffect(() => firstOlder.current?.focus(), [focusedId])

  async function loadMore() {
    setFailure(undefined)
    const result = await withStepUp(() => latchkey.settings.activity.get({ cursor, limit: 25 }))
    if (!result) return
    if (!result.ok) return setFailure(securityFailureOf(result))
    setOlder([...older, ...result.data.activity])
    setCursor(result.data.nextCursor)
    setFocusedId(result.data.activity[0]?.id ?? firstOlderEntry?.id)
  }

  return (
    <Section state={section} title={t.activity.title}>
      <ul class="plain entries">
        {[...firstPage.activity, ...older].map((entry) => (
          <li key={entry.id} tabIndex={-1} ref={entry.id === focusedId ? firstOlder : undefined}>
            <p>{sentenceOf(entry)}</p>
            <p class="soft">
              {dateTimeOf(entry.at)}
              {entry.ipAddress !== null &&
                ` · ${t.activity.from(describeUserAgent(entry.userAgent), entry.ipAddress)}`}
            </p>
          </li>
        ))}
      </ul>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      {cursor ? (
        <div class="buttons">
          <Button onClick={loadMore}>{t.activity.more}</Button>
        </div>
      ) : (
        <p class="soft">{t.activity.noMore}</p>
      )}
    </Section>
  )
}
