import { useEffect, useRef, useState } from 'preact/hooks'
import type { ActivityEntry } from '../../../../client/latchkey.ts'
import { Button, type Failure, Notice } from '../../components/forms.tsx'
import { latchkey } from '../../session.ts'
import type { Account } from '../account.ts'
import { sentenceOf } from '../activity-sentence.ts'
import { dateTimeOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'
import { describeUserAgent } from '../user-agent.ts'

/** What happened to the account, newest first, page by page. */
export function ActivitySection({ account }: { account: Account }) {
  const firstPage = account.activity
  const withStepUp = useStepUp()
  const section = useSection()
  const [older, setOlder] = useState<ActivityEntry[]>([])
  const [cursor, setCursor] = useState(firstPage.nextCursor)
  const [failure, setFailure] = useState<Failure>()
  const firstOlder = useRef<HTMLLIElement>(null)

  // After a change the first page is another, and the older ones no longer follow it.
  useEffect(() => {
    setOlder([])
    setCursor(firstPage.nextCursor)
  }, [firstPage])

  // The button may be gone: whoever pressed it reads on here.
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
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
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
