import { useEffect, useRef, useState } from 'preact/hooks'
import type { ActivityEntry } from '../../../client/latchkey.ts'
import { Button, type Failure, Notice } from '../forms.tsx'
import { latchkey } from '../session.ts'
import type { Account } from './account.ts'
import { sentenceOf } from './activity-words.ts'
import { useAsk } from './asking.tsx'
import { deviceOf } from './device.ts'
import { Section, useSection } from './parts.tsx'
import { whyNot } from './problems.ts'
import { timeOf, words } from './words.ts'

/** What happened to the account, newest first, page by page. */
export function ActivitySection({ account }: { account: Account }) {
  const first = account.activity
  const ask = useAsk()
  const section = useSection()
  const [older, setOlder] = useState<ActivityEntry[]>([])
  const [cursor, setCursor] = useState(first.nextCursor)
  const [failure, setFailure] = useState<Failure>()
  const firstOlder = useRef<HTMLLIElement>(null)

  // After a change the first page is another, and the older ones no longer follow it.
  useEffect(() => {
    setOlder([])
    setCursor(first.nextCursor)
  }, [first])

  // The button may be gone: whoever pressed it reads on here.
  const [newest] = older
  const [shown, setShown] = useState<string>()
  useEffect(() => firstOlder.current?.focus(), [shown])

  async function more() {
    setFailure(undefined)
    const answer = await ask(() => latchkey.settings.activity.get({ cursor, limit: 25 }))
    if (!answer) return
    if (!answer.ok) return setFailure(whyNot(answer))
    setOlder([...older, ...answer.data.activity])
    setCursor(answer.data.nextCursor)
    setShown(answer.data.activity[0]?.id ?? newest?.id)
  }

  return (
    <Section state={section} title={words.activity.title}>
      <ul class="plain entries">
        {[...first.activity, ...older].map((entry) => (
          <li key={entry.id} tabIndex={-1} ref={entry.id === shown ? firstOlder : undefined}>
            <p>{sentenceOf(entry)}</p>
            <p class="soft">
              {timeOf(entry.at)}
              {entry.ipAddress !== null &&
                ` · ${words.activity.from(deviceOf(entry.userAgent), entry.ipAddress)}`}
            </p>
          </li>
        ))}
      </ul>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      {cursor ? (
        <div class="buttons">
          <Button onClick={more}>{words.activity.more}</Button>
        </div>
      ) : (
        <p class="soft">{words.activity.noMore}</p>
      )}
    </Section>
  )
}
