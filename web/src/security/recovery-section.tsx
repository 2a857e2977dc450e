import { useState } from 'preact/hooks'
import { Button, type Failure } from '../forms.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { useAsk } from './asking.tsx'
import { Confirm } from './dialog.tsx'
import { NewCodes } from './new-codes.tsx'
import { Section, useSection } from './parts.tsx'
import { whyNot } from './problems.ts'
import { dateOf, words } from './words.ts'

/** How many recovery codes are left, and new ones. */
export function RecoverySection({ account, changed }: SectionProps) {
  const { settings } = account
  const { remaining, createdAt } = settings.recoveryCodes
  const ask = useAsk()
  const section = useSection()
  const [asking, setAsking] = useState(false)
  const [codes, setCodes] = useState<string[]>()

  async function make(): Promise<Failure | undefined> {
    const answer = await ask(() => latchkey.settings.recoveryCodes.post())
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer)
    const { recoveryCodes, ...state } = answer.data
    setAsking(false)
    setCodes(recoveryCodes)
    changed({ settings: { ...settings, recoveryCodes: state } })
    return undefined
  }

  function kept() {
    setCodes(undefined)
    section.say(words.recovery.isMade)
  }

  return (
    <Section state={section} title={words.recovery.title}>
      {codes ? (
        <NewCodes codes={codes} email={settings.email} done={kept} />
      ) : (
        <>
          <p>
            {words.recovery.left(remaining)}{' '}
            <span class="soft">
              {createdAt && words.recovery.madeAt(dateOf(createdAt))} {words.recovery.about}
            </span>
          </p>
          <div class="buttons">
            <Button onClick={() => setAsking(true)}>{words.recovery.make}</Button>
          </div>
        </>
      )}
      {asking && (
        <Confirm
          title={words.recovery.makeTitle}
          means={words.recovery.makeMeans}
          yes={words.recovery.make}
          no={words.recovery.keepOld}
          onYes={make}
          close={() => setAsking(false)}
        />
      )}
    </Section>
  )
}
