import { useState } from 'preact/hooks'
import { Button, Field } from '../forms.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { AddressProof } from './address-proof.tsx'
import { useAsk } from './asking.tsx'
import { Section, useSection } from './parts.tsx'
import { words } from './words.ts'

/** The address that signs in, and another one. */
export function EmailSection({ account, changed }: SectionProps) {
  const { settings } = account
  const ask = useAsk()
  const section = useSection()
  const [open, setOpen] = useState(false)

  function done({ email }: { email: string }) {
    setOpen(false)
    changed({ settings: { ...settings, email } })
    section.say(`${words.email.isChanged(email)} ${words.toldByEmail(settings.email)}`)
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
    <Section state={section} title={words.email.title}>
      {open ? (
        <AddressProof
          title={words.email.change}
          addressOf={({ email }) => email}
          send={(email = '', code) => ask(() => latchkey.settings.email.post({ email, code }))}
          done={done}
          cancel={cancel}
        >
          {(failureOf, typed) => (
            <Field
              name="email"
              type="email"
              label={words.email.new}
              defaultValue={typed ?? ''}
              autocomplete="email"
              autocapitalize="none"
              spellcheck={false}
              autofocus
              required
              error={failureOf('email')}
            />
          )}
        </AddressProof>
      ) : (
        <div class="entry">
          <p>{settings.email}</p>
          <Button onClick={begin}>{words.email.change}</Button>
        </div>
      )}
    </Section>
  )
}
