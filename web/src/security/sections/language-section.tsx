import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { languageNames } from '../../components/language-switcher.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Language } from '../../config.ts'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'

/** The language of messages. The footer changes the language of the page. */
export function LanguageSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const withStepUp = useStepUp()
  const section = useSection()
  const [failure, setFailure] = useState<Failure>()
  const others = (Object.keys(languageNames) as Language[]).filter(
    (language) => language !== settings.language,
  )

  async function choose(language: Language) {
    setFailure(undefined)
    const result = await withStepUp(() => latchkey.settings.language.put({ language }))
    if (!result) return
    if (!result.ok) return setFailure(securityFailureOf(result))
    onChange({ settings: { ...settings, ...result.data } })
    section.announce(t.language.isChosen(languageNames[language]))
  }

  return (
    <Section state={section} title={t.language.title}>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <p>{t.language.now(languageNames[settings.language])}</p>
      <div class="buttons">
        {others.map((language) => (
          <Button key={language} onClick={() => choose(language)}>
            {t.language.choose(languageNames[language])}
          </Button>
        ))}
      </div>
    </Section>
  )
}
