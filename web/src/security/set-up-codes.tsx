import { useState } from 'preact/hooks'
import { Button, Field } from '../forms.tsx'
import { latchkey } from '../session.ts'
import { text } from '../text.ts'
import { AddressProof } from './address-proof.tsx'
import { useAsk } from './asking.tsx'
import { PhoneField, phoneNumberOf } from './phone-field.tsx'
import type { SetUpProps } from './way.ts'
import { words } from './words.ts'

/** Codes by text message, to the number that is known or to another one. */
export function SetUpText({ settings, done, cancel }: SetUpProps) {
  const ask = useAsk()
  const inUse = settings?.mfaSignIn.mfaMethod === 'sms'
  const number = inUse ? null : (settings?.phoneNumber ?? null)
  const [known, setKnown] = useState(number !== null)

  return (
    <AddressProof
      key={String(known)}
      title={words.text.title}
      submit={known && number ? words.text.toKnown(number) : words.sendCode}
      after={
        known && (
          <Button kind="link" onClick={() => setKnown(false)}>
            {words.text.another}
          </Button>
        )
      }
      addressOf={known ? () => undefined : phoneNumberOf}
      send={(phoneNumber, code) =>
        ask(() => latchkey.settings.mfaSignIn.post({ mfaMethod: 'sms', phoneNumber, code }))
      }
      done={done}
      cancel={cancel}
    >
      {(failureOf) => !known && <PhoneField error={failureOf('phoneNumber')} />}
    </AddressProof>
  )
}

/** Codes by email, to the account's own address or to another one. */
export function SetUpEmail({ settings, done, cancel }: SetUpProps) {
  const ask = useAsk()
  return (
    <AddressProof
      title={words.mail.title}
      addressOf={({ email }) => email}
      send={(email, code) =>
        ask(() => latchkey.settings.mfaSignIn.post({ mfaMethod: 'email', email, code }))
      }
      done={done}
      cancel={cancel}
    >
      {(failureOf, typed) =>
        settings ? (
          <Field
            name="email"
            type="email"
            label={text.common.email}
            defaultValue={typed ?? settings.email}
            autocomplete="email"
            autocapitalize="none"
            spellcheck={false}
            autofocus
            required
            error={failureOf('email')}
          />
        ) : (
          <p>{words.mail.toOwn}</p>
        )
      }
    </AddressProof>
  )
}
