import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { HiddenUsername } from '../../components/email-field.tsx'
import { Form } from '../../components/form.tsx'
import { PasswordField } from '../../components/password-field.tsx'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { CancelButton } from '../cancel-button.tsx'
import { t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'

export function DeletionSection({
  account,
  onDeleted,
}: {
  account: SectionProps['account']
  onDeleted: () => void
}) {
  const { email } = account.settings
  const withStepUp = useStepUp()
  const section = useSection()
  const [open, setOpen] = useState(false)

  async function deleteAccount({ password = '' }: Record<string, string>) {
    const result = await withStepUp(() => latchkey.settings.account.delete({ password }), password)
    if (!result) return undefined
    if (result.ok) {
      onDeleted()
      return undefined
    }
    return result.problem.code === 'invalid_credentials'
      ? { field: 'password', message: t.stepUp.wrongPassword }
      : securityFailureOf(result)
  }

  function cancel() {
    setOpen(false)
    section.focusHeading()
  }

  return (
    <Section state={section} title={t.deletion.title}>
      {open ? (
        <Form
          onSubmit={deleteAccount}
          submitLabel={t.deletion.submit}
          kind="danger"
          footer={<CancelButton onClick={cancel} />}
        >
          {(errorFor) => (
            <>
              <p>{t.deletion.means(email)}</p>
              <HiddenUsername email={email} />
              <PasswordField
                name="password"
                autocomplete="current-password"
                autofocus
                error={errorFor('password')}
              />
            </>
          )}
        </Form>
      ) : (
        <>
          <p>{t.deletion.about}</p>
          <div class="buttons">
            <Button onClick={() => setOpen(true)}>{t.deletion.start}</Button>
          </div>
        </>
      )}
    </Section>
  )
}
