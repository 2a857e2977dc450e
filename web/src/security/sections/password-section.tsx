import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { HiddenUsername } from '../../components/email-field.tsx'
import { Form } from '../../components/form.tsx'
import { NewPasswordField, newPasswordFailureOf } from '../../components/new-password-field.tsx'
import { PasswordField } from '../../components/password-field.tsx'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { CancelButton } from '../cancel-button.tsx'
import { dateOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { useStepUp } from '../step-up-context.tsx'

export function PasswordSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const { email, passwordChangedAt } = settings
  const withStepUp = useStepUp()
  const section = useSection()
  const [open, setOpen] = useState(false)

  async function changePassword({
    currentPassword = '',
    newPassword = '',
  }: Record<string, string>) {
    const result = await withStepUp(
      () => latchkey.settings.password.put({ currentPassword, newPassword }),
      currentPassword,
    )
    if (!result) return undefined
    if (result.ok) {
      setOpen(false)
      onChange({ settings: { ...settings, passwordChangedAt: result.data.changedAt } })
      section.announce(`${t.password.isChanged} ${t.notifiedByEmail(email)}`)
      return undefined
    }
    if (result.problem.code === 'invalid_credentials') {
      return { field: 'currentPassword', message: t.problems.invalid_current_password }
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
              <HiddenUsername email={email} />
              <PasswordField
                name="currentPassword"
                label={t.password.current}
                autocomplete="current-password"
                autofocus
                error={errorFor('currentPassword')}
              />
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
