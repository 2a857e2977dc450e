import { useState } from 'preact/hooks'
import type { Session } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { ExpandableList } from '../expandable-list.tsx'
import { dateTimeOf, listOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'
import { describeUserAgent } from '../user-agent.ts'

/** Lists this session first. */
export function SessionsSection({ account, onChange }: SectionProps) {
  const sessions = account.sessions.toSorted((a, b) => Number(b.current) - Number(a.current))
  const withStepUp = useStepUp()
  const section = useSection()
  const [failure, setFailure] = useState<Failure>()

  async function endSession({ id, userAgent }: Session) {
    setFailure(undefined)
    const result = await withStepUp(() => latchkey.settings.sessions.byId(id).delete())
    if (!result) return
    // Not found: the session has already ended.
    if (!result.ok && result.problem.code !== 'not_found')
      return setFailure(securityFailureOf(result))
    onChange(result.ok ? result.data : {})
    section.announce(t.sessions.isEnded(describeUserAgent(userAgent)))
  }

  async function endOthers() {
    setFailure(undefined)
    const result = await withStepUp(() => latchkey.settings.sessions.delete())
    if (!result) return
    if (!result.ok) return setFailure(securityFailureOf(result))
    onChange(result.data)
    section.announce(t.sessions.areEnded)
  }

  return (
    <Section state={section} title={t.sessions.title}>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <ExpandableList items={sessions}>
        {(session) => (
          <div class="entry">
            <div>
              <b>{describeUserAgent(session.userAgent)}</b>{' '}
              {session.current && <span class="badge">{t.sessions.here}</span>}
              <p class="soft">{describeSession(session)}</p>
              {session.apps.length > 0 && (
                <p class="soft">{t.sessions.apps(listOf(session.apps.map(({ name }) => name)))}</p>
              )}
            </div>
            {!session.current && (
              <Button
                label={t.sessions.endOne(describeUserAgent(session.userAgent))}
                onClick={() => endSession(session)}
              >
                {t.sessions.end}
              </Button>
            )}
          </div>
        )}
      </ExpandableList>
      {sessions.length > 1 && (
        <div class="buttons">
          <Button onClick={endOthers}>{t.sessions.endOthers}</Button>
        </div>
      )}
    </Section>
  )
}

function describeSession({ createdAt, lastUsedAt, ipAddress }: Session): string {
  const [since, lastUsed] = [dateTimeOf(createdAt), dateTimeOf(lastUsedAt)]
  const parts = [
    t.sessions.since(since),
    ...(lastUsed === since ? [] : [t.sessions.lastUsed(lastUsed)]),
    t.sessions.from(ipAddress),
  ]
  return parts.join(', ')
}
