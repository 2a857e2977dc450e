import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { Form } from '../../components/form.tsx'
import { NewPasswordField, newPasswordFailureOf } from '../../components/new-password-field.tsx'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { CancelButton } from '../cancel-button.tsx'
import { CurrentPassword } from '../current-password.tsx'
import { dateOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { confirmCall, useStepUp } from '../step-up-context.tsx'

export function PasswordSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const { email, passwordChangedAt } = settings
  const withStepUp = useStepUp()
  const section = useSection()
  const [open, setOpen] = useState(false)

  async function changePassword({ currentPassword, newPassword = '' }: Record<string, string>) {
    const result = await confirmCall(
      withStepUp,
      (assertion) => latchkey.settings.password.put({ currentPassword, newPassword, assertion }),
      currentPassword,
    )
    if (!result) return undefined
    if (result.ok) {
      setOpen(false)
      const { changedAt } = result.data
      onChange({ settings: { ...settings, hasPassword: true, passwordChangedAt: changedAt } })
      section.announce(`${t.password.isChanged} ${t.notifiedByEmail(email)}`)
      return undefined
    }
    if (result.problem.code === 'invalid_credentials') {
      return securityFailureOf(result)
    }
    return newPasswordFailureOf(result, { field: 'newPassword', password: newPassword, email })
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
    <Section state={section} title={t.password.title}>
      {open ? (
        <Form
          onSubmit={changePassword}
          submitLabel={t.password.change}
          footer={<CancelButton onClick={cancel} />}
        >
          {(errorFor) => (
            <>
              <p class="soft">{t.password.means}</p>
              <CurrentPassword settings={settings} errorFor={errorFor} autofocus />
              <NewPasswordField
                name="newPassword"
                label={t.password.new}
                error={errorFor('newPassword')}
              />
            </>
          )}
        </Form>
      ) : (
        <div class="entry">
          <p>{t.password.changedAt(dateOf(passwordChangedAt))}</p>
          <Button onClick={startEditing}>{t.password.change}</Button>
        </div>
      )}
    </Section>
  )
}
