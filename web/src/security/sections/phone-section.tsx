import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { config } from '../../config.ts'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { ConfirmDialog } from '../dialog.tsx'
import { t } from '../i18n.ts'
import { PhoneField, phoneNumberOf } from '../phone-field.tsx'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'
import { VerifyAddress } from '../verify-address.tsx'

export function PhoneSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const { phoneNumber, mfaSignIn } = settings
  const isOffered = config.mfaMethods.includes('sms')
  const isMethod = [...mfaSignIn.availableMethods, ...mfaSignIn.pendingMethods].includes('sms')
  const withStepUp = useStepUp()
  const section = useSection()
  const [open, setOpen] = useState<'change' | 'remove'>()
  const emailNotice = t.notifiedByEmail(settings.email)

  function handleChanged({ phoneNumber: number }: { phoneNumber: string }) {
    setOpen(undefined)
    onChange()
    section.announce(`${t.phone.isChanged(number)} ${emailNotice}`)
  }

  async function remove(): Promise<Failure | undefined> {
    const result = await withStepUp(() => latchkey.settings.phoneNumber.delete())
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    setOpen(undefined)
    onChange({ settings: { ...settings, ...result.data } })
    section.announce(`${t.phone.isRemoved} ${emailNotice}`)
    return undefined
  }

  function startEditing(action: 'change' | 'remove') {
    section.clear()
    setOpen(action)
  }

  function cancel() {
    setOpen(undefined)
    section.focusHeading()
  }

  return (
    <Section state={section} title={t.phone.title}>
      {open === 'change' ? (
        <VerifyAddress
          title={phoneNumber ? t.phone.change : t.phone.add}
          addressOf={phoneNumberOf}
          codeFields={
            isOffered && (
              <label class="checkbox">
                <input type="checkbox" name="useForSignIn" defaultChecked={isMethod} />
                {t.phone.useForSignIn}
              </label>
            )
          }
          request={(number = '', code, fields) =>
            withStepUp(() =>
              latchkey.settings.phoneNumber.post({
                phoneNumber: number,
                code,
                useForSignIn: isOffered && code ? 'useForSignIn' in fields : undefined,
              }),
            )
          }
          onDone={handleChanged}
          onCancel={cancel}
        >
          {(errorFor) => <PhoneField error={errorFor('phoneNumber')} />}
        </VerifyAddress>
      ) : (
        <div class="entry">
          <p>
            {phoneNumber ?? t.phone.none}{' '}
            <span class="soft">
              {phoneNumber && !isMethod ? t.phone.notForSignIn : t.phone.about}
            </span>
          </p>
          <div class="buttons">
            <Button onClick={() => startEditing('change')}>
              {phoneNumber ? t.phone.change : t.phone.add}
            </Button>
            {phoneNumber && <Button onClick={() => startEditing('remove')}>{t.remove}</Button>}
          </div>
        </div>
      )}
      {open === 'remove' && phoneNumber && (
        <ConfirmDialog
          title={t.phone.removeTitle(phoneNumber)}
          description={t.phone.removeMeans}
          confirmLabel={t.remove}
          cancelLabel={t.phone.keep}
          onConfirm={remove}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Section>
  )
}
