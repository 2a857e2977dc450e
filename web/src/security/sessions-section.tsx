import { useState } from 'preact/hooks'
import type { Session } from '../../../client/latchkey.ts'
import { Button, type Failure, Notice } from '../forms.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { useAsk } from './asking.tsx'
import { deviceOf } from './device.ts'
import { Entries, Section, useSection } from './parts.tsx'
import { whyNot } from './problems.ts'
import { timeOf, words } from './words.ts'

/** Where the account is signed in; sign out there. This device comes first. */
export function SessionsSection({ account, changed }: SectionProps) {
  const sessions = account.sessions.toSorted((a, b) => Number(b.current) - Number(a.current))
  const ask = useAsk()
  const section = useSection()
  const [failure, setFailure] = useState<Failure>()

  async function end({ id, userAgent }: Session) {
    setFailure(undefined)
    const answer = await ask(() => latchkey.settings.sessions.byId(id).delete())
    if (!answer) return
    // Whoever else ended it did the same.
    if (!answer.ok && answer.problem.code !== 'not_found') return setFailure(whyNot(answer))
    changed(answer.ok ? answer.data : {})
    section.say(words.sessions.isEnded(deviceOf(userAgent)))
  }

  async function endOthers() {
    setFailure(undefined)
    const answer = await ask(() => latchkey.settings.sessions.delete())
    if (!answer) return
    if (!answer.ok) return setFailure(whyNot(answer))
    changed(answer.data)
    section.say(words.sessions.areEnded)
  }

  return (
    <Section state={section} title={words.sessions.title}>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Entries all={sessions}>
        {(one) => (
          <div class="entry">
            <div>
              <b>{deviceOf(one.userAgent)}</b>{' '}
              {one.current && <span class="badge">{words.sessions.here}</span>}
              <p class="soft">{whenAndWhere(one)}</p>
            </div>
            {!one.current && (
              <Button
                label={words.sessions.endOne(deviceOf(one.userAgent))}
                onClick={() => end(one)}
              >
                {words.sessions.end}
              </Button>
            )}
          </div>
        )}
      </Entries>
      {sessions.length > 1 && (
        <div class="buttons">
          <Button onClick={endOthers}>{words.sessions.endOthers}</Button>
        </div>
      )}
    </Section>
  )
}

function whenAndWhere({ createdAt, lastUsedAt, ipAddress }: Session): string {
  const [since, lastUsed] = [timeOf(createdAt), timeOf(lastUsedAt)]
  const parts = [
    words.sessions.since(since),
    ...(lastUsed === since ? [] : [words.sessions.lastUsed(lastUsed)]),
    words.sessions.from(ipAddress),
  ]
  return parts.join(', ')
}
