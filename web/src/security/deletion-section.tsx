import { useState } from 'preact/hooks'
import { Username } from '../email-field.tsx'
import { Button, Form, PasswordField } from '../forms.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { useAsk } from './asking.tsx'
import { Cancel } from './dialog.tsx'
import { Section, useSection } from './parts.tsx'
import { whyNot } from './problems.ts'
import { words } from './words.ts'

/** Closes the account, once its password was typed. */
export function DeletionSection({
  account,
  deleted,
}: {
  account: SectionProps['account']
  deleted: () => void
}) {
  const { email } = account.settings
  const ask = useAsk()
  const section = useSection()
  const [open, setOpen] = useState(false)

  async function remove({ password = '' }: Record<string, string>) {
    const answer = await ask(() => latchkey.settings.account.delete({ password }), password)
    if (!answer) return undefined
    if (answer.ok) {
      deleted()
      return undefined
    }
    return answer.problem.code === 'invalid_credentials'
      ? { field: 'password', message: words.stepUp.wrongPassword }
      : whyNot(answer)
  }

  function cancel() {
    setOpen(false)
    section.back()
  }

  return (
    <Section state={section} title={words.deletion.title}>
      {open ? (
        <Form
          onSubmit={remove}
          submit={words.deletion.submit}
          kind="danger"
          after={<Cancel onClick={cancel} />}
        >
          {(failureOf) => (
            <>
              <p>{words.deletion.means(email)}</p>
              <Username email={email} />
              <PasswordField
                name="password"
                autocomplete="current-password"
                autofocus
                error={failureOf('password')}
              />
            </>
          )}
        </Form>
      ) : (
        <>
          <p>{words.deletion.about}</p>
          <div class="buttons">
            <Button onClick={() => setOpen(true)}>{words.deletion.begin}</Button>
          </div>
        </>
      )}
    </Section>
  )
}
