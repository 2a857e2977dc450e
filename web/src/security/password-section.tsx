import { useState } from 'preact/hooks'
import { Username } from '../email-field.tsx'
import { Button, Form, PasswordField } from '../forms.tsx'
import { NewPasswordField, newPasswordFailureOf } from '../new-password.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { useAsk } from './asking.tsx'
import { Cancel } from './dialog.tsx'
import { Section, useSection } from './parts.tsx'
import { dateOf, words } from './words.ts'

/** The password, and another one. */
export function PasswordSection({ account, changed }: SectionProps) {
  const { settings } = account
  const { email, passwordChangedAt } = settings
  const ask = useAsk()
  const section = useSection()
  const [open, setOpen] = useState(false)

  async function change({ currentPassword = '', newPassword = '' }: Record<string, string>) {
    const answer = await ask(
      () => latchkey.settings.password.put({ currentPassword, newPassword }),
      currentPassword,
    )
    if (!answer) return undefined
    if (answer.ok) {
      setOpen(false)
      changed({ settings: { ...settings, passwordChangedAt: answer.data.changedAt } })
      section.say(`${words.password.isChanged} ${words.toldByEmail(email)}`)
      return undefined
    }
    if (answer.problem.code === 'invalid_credentials') {
      return { field: 'currentPassword', message: words.problems.invalid_current_password }
    }
    return newPasswordFailureOf(answer, { field: 'newPassword', password: newPassword, email })
  }

  function begin() {
    section.clear()
    setOpen(true)
  }

  function cancel() {
    setOpen(false)
    section.back()
  }

  return (
    <Section state={section} title={words.password.title}>
      {open ? (
        <Form onSubmit={change} submit={words.password.change} after={<Cancel onClick={cancel} />}>
          {(failureOf) => (
            <>
              <p class="soft">{words.password.means}</p>
              <Username email={email} />
              <PasswordField
                name="currentPassword"
                label={words.password.current}
                autocomplete="current-password"
                autofocus
                error={failureOf('currentPassword')}
              />
              <NewPasswordField
                name="newPassword"
                label={words.password.new}
                error={failureOf('newPassword')}
              />
            </>
          )}
        </Form>
      ) : (
        <div class="entry">
          <p>{words.password.changedAt(dateOf(passwordChangedAt))}</p>
          <Button onClick={begin}>{words.password.change}</Button>
        </div>
      )}
    </Section>
  )
}
