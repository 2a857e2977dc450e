import { useState } from 'preact/hooks'
import { Button, type Failure } from '../forms.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { AddressProof } from './address-proof.tsx'
import { useAsk } from './asking.tsx'
import { Confirm } from './dialog.tsx'
import { Section, useSection } from './parts.tsx'
import { PhoneField, phoneNumberOf } from './phone-field.tsx'
import { whyNot } from './problems.ts'
import { words } from './words.ts'

/** The number that codes by text go to: set it, change it, take it away. */
export function PhoneSection({ account, changed }: SectionProps) {
  const { settings } = account
  const { phoneNumber } = settings
  const ask = useAsk()
  const section = useSection()
  const [open, setOpen] = useState<'change' | 'remove'>()
  const told = words.toldByEmail(settings.email)

  function done({ phoneNumber: number }: { phoneNumber: string }) {
    setOpen(undefined)
    changed()
    section.say(`${words.phone.isChanged(number)} ${told}`)
  }

  async function remove(): Promise<Failure | undefined> {
    const answer = await ask(() => latchkey.settings.phoneNumber.delete())
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer)
    setOpen(undefined)
    changed({ settings: { ...settings, ...answer.data } })
    section.say(`${words.phone.isRemoved} ${told}`)
    return undefined
  }

  function begin(what: 'change' | 'remove') {
    section.clear()
    setOpen(what)
  }

  function cancel() {
    setOpen(undefined)
    section.back()
  }

  return (
    <Section state={section} title={words.phone.title}>
      {open === 'change' ? (
        <AddressProof
          title={phoneNumber ? words.phone.change : words.phone.add}
          addressOf={phoneNumberOf}
          send={(number = '', code) =>
            ask(() => latchkey.settings.phoneNumber.post({ phoneNumber: number, code }))
          }
          done={done}
          cancel={cancel}
        >
          {(failureOf) => <PhoneField error={failureOf('phoneNumber')} />}
        </AddressProof>
      ) : (
        <div class="entry">
          <p>
            {phoneNumber ?? words.phone.none} <span class="soft">{words.phone.about}</span>
          </p>
          <div class="buttons">
            <Button onClick={() => begin('change')}>
              {phoneNumber ? words.phone.change : words.phone.add}
            </Button>
            {phoneNumber && <Button onClick={() => begin('remove')}>{words.remove}</Button>}
          </div>
        </div>
      )}
      {open === 'remove' && phoneNumber && (
        <Confirm
          title={words.phone.removeTitle(phoneNumber)}
          means={words.phone.removeMeans}
          yes={words.remove}
          no={words.phone.keep}
          onYes={remove}
          close={() => setOpen(undefined)}
        />
      )}
    </Section>
  )
}
