import { useState } from 'preact/hooks'
import type { AccountApp } from '../../../../client/latchkey.ts'
import { t as appTexts } from '../../apps/i18n.ts'
import { Button } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { ExpandableList } from '../expandable-list.tsx'
import { dateOf, listOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'

/** Applications that sign their owner in with this account. */
export function AppsSection({ account, onChange }: SectionProps) {
  const { apps } = account
  const withStepUp = useStepUp()
  const section = useSection()
  const [failure, setFailure] = useState<Failure>()

  async function remove({ id, name }: AccountApp) {
    setFailure(undefined)
    const result = await withStepUp(() => latchkey.settings.apps.byId(id).delete())
    if (!result) return
    // Not found: the application has already been removed.
    if (!result.ok && result.problem.code !== 'not_found')
      return setFailure(securityFailureOf(result))
    onChange(result.ok ? { apps: result.data.apps } : {})
    section.announce(t.apps.isRemoved(name))
  }

  if (apps.length === 0 && !section.announcement) return null
  return (
    <Section state={section} title={t.apps.title}>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      {apps.length > 0 && <p>{t.apps.about}</p>}
      <ExpandableList items={apps}>
        {(app) => (
          <div class="entry">
            <div>
              <b>{app.name}</b> {app.trusted && <span class="badge">{t.apps.trusted}</span>}
              <p class="soft">
                <a href={app.url}>{app.url}</a>
              </p>
              <p class="soft">{describeTimes(app)}</p>
              <p class="soft">
                {t.apps.mayKnow} {listOf(app.scopes.map(scopeInWords))}
              </p>
            </div>
            <Button label={t.apps.removeOne(app.name)} onClick={() => remove(app)}>
              {t.apps.remove}
            </Button>
          </div>
        )}
      </ExpandableList>
    </Section>
  )
}

function describeTimes({ since, lastUsedAt }: AccountApp): string {
  const parts = [
    t.apps.since(dateOf(since)),
    ...(lastUsedAt === null ? [] : [t.apps.lastUsed(dateOf(lastUsedAt))]),
  ]
  return parts.join(', ')
}

function scopeInWords(scope: string): string {
  return appTexts.scopes[scope as keyof typeof appTexts.scopes] ?? scope
}
