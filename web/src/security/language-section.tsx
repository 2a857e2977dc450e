import { useState } from 'preact/hooks'
import type { Language } from '../config.ts'
import { Button, type Failure, Notice } from '../forms.tsx'
import { languages } from '../page.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { useAsk } from './asking.tsx'
import { Section, useSection } from './parts.tsx'
import { whyNot } from './problems.ts'
import { words } from './words.ts'

/** What messages are written in. The page itself is in the language that is chosen below it. */
export function LanguageSection({ account, changed }: SectionProps) {
  const { settings } = account
  const ask = useAsk()
  const section = useSection()
  const [failure, setFailure] = useState<Failure>()
  const others = (Object.keys(languages) as Language[]).filter((one) => one !== settings.language)

  async function choose(language: Language) {
    setFailure(undefined)
    const answer = await ask(() => latchkey.settings.language.put({ language }))
    if (!answer) return
    if (!answer.ok) return setFailure(whyNot(answer))
    changed({ settings: { ...settings, ...answer.data } })
    section.say(words.language.isChosen(languages[language]))
  }

  return (
    <Section state={section} title={words.language.title}>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <p>{words.language.now(languages[settings.language])}</p>
      <div class="buttons">
        {others.map((one) => (
          <Button key={one} onClick={() => choose(one)}>
            {words.language.choose(languages[one])}
          </Button>
        ))}
      </div>
    </Section>
  )
}
