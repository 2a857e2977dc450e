import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { Form } from '../../components/form.tsx'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { CancelButton } from '../cancel-button.tsx'
import { CurrentPassword } from '../current-password.tsx'
import { t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { confirmCall, useStepUp } from '../step-up-context.tsx'

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

  async function deleteAccount({ currentPassword: password }: Record<string, string>) {
    const result = await confirmCall(
      withStepUp,
      (assertion) => latchkey.settings.account.delete({ password, assertion }),
      password,
    )
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    onDeleted()
    return undefined
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
              <CurrentPassword settings={account.settings} errorFor={errorFor} autofocus />
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
