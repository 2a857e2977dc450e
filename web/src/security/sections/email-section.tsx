import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { latchkey } from '../../session.ts'
import { domainHint } from '../../sign-up-policy.ts'
import type { SectionProps } from '../account.ts'
import { CurrentPassword } from '../current-password.tsx'
import { t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { confirmCall, useStepUp } from '../step-up-context.tsx'
import { VerifyAddress } from '../verify-address.tsx'

export function EmailSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const withStepUp = useStepUp()
  const section = useSection()
  const [open, setOpen] = useState(false)

  function handleChanged({ email }: { email: string }) {
    setOpen(false)
    onChange({ settings: { ...settings, email } })
    section.announce(`${t.email.isChanged(email)} ${t.notifiedByEmail(settings.email)}`)
  }

  function startEditing() {
    section.clear()
    setOpen(true)
  }

  function cancel() {
    setOpen(false)
    section.focusHeading()
  }

  return (
    <Section state={section} title={t.email.title}>
      {open ? (
        <VerifyAddress
          title={t.email.change}
          addressOf={({ email }) => email}
          request={(email = '', code, { currentPassword }) =>
            confirmCall(
              withStepUp,
              (assertion) =>
                latchkey.settings.email.post({ email, currentPassword, assertion, code }),
              currentPassword,
            )
          }
          onDone={handleChanged}
          onCancel={cancel}
        >
          {(errorFor, typed) => (
            <>
              <Field
                name="email"
                type="email"
                label={t.email.new}
                hint={domainHint(settings.email)}
                defaultValue={typed ?? ''}
                autocomplete="email"
                autocapitalize="none"
                spellcheck={false}
                autofocus
                required
                error={errorFor('email')}
              />
              <CurrentPassword settings={settings} errorFor={errorFor} />
            </>
          )}
        </VerifyAddress>
      ) : (
        <div class="entry">
          <p>{settings.email}</p>
          <Button onClick={startEditing}>{t.email.change}</Button>
        </div>
      )}
    </Section>
  )
}
