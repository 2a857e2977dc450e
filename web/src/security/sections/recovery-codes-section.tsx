import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { ConfirmDialog } from '../dialog.tsx'
import { dateOf, t } from '../i18n.ts'
import { useNewRecoveryCodes } from '../new-recovery-codes.tsx'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'

export function RecoveryCodesSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const { remaining, createdAt } = settings.recoveryCodes
  const withStepUp = useStepUp()
  const section = useSection()
  const [confirming, setConfirming] = useState(false)
  const { announce, newCodes } = useNewRecoveryCodes(section, settings.email)

  async function generateCodes(): Promise<Failure | undefined> {
    const result = await withStepUp(() => latchkey.settings.recoveryCodes.post())
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    const { recoveryCodes, ...state } = result.data
    setConfirming(false)
    announce(t.recoveryCodes.generated, recoveryCodes)
    onChange({ settings: { ...settings, recoveryCodes: state } })
    return undefined
  }

  return (
    <Section state={section} title={t.recoveryCodes.title}>
      {newCodes ??
        (settings.mfaSignIn.enabled ? (
          <>
            <p>
              {t.recoveryCodes.left(remaining)}{' '}
              <span class="soft">
                {createdAt && t.recoveryCodes.generatedAt(dateOf(createdAt))}{' '}
                {t.recoveryCodes.about}
              </span>
            </p>
            <div class="buttons">
              <Button onClick={() => setConfirming(true)}>{t.recoveryCodes.generate}</Button>
            </div>
          </>
        ) : (
          <p>{t.recoveryCodes.whileOff}</p>
        ))}
      {confirming && (
        <ConfirmDialog
          title={t.recoveryCodes.generateTitle}
          description={t.recoveryCodes.generateMeans}
          confirmLabel={t.recoveryCodes.generate}
          cancelLabel={t.recoveryCodes.keepOld}
          onConfirm={generateCodes}
          onClose={() => setConfirming(false)}
        />
      )}
    </Section>
  )
}
