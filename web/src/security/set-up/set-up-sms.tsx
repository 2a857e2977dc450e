import { useState } from 'preact/hooks'
import { Button, Field } from '../../components/forms.tsx'
import { latchkey } from '../../session.ts'
import { text } from '../../text.ts'
import { t } from '../i18n.ts'
import { PhoneField, phoneNumberOf } from '../phone-field.tsx'
import { useStepUp } from '../step-up-context.tsx'
import { VerifyAddress } from '../verify-address.tsx'
import type { SetUpProps } from './set-up-props.ts'

/** Codes by text message, to the number that is known or to another one. */
export function SetUpSms({ settings, onDone, onCancel }: SetUpProps) {
  const withStepUp = useStepUp()
  const inUse = settings?.mfaSignIn.mfaMethod === 'sms'
  const knownNumber = inUse ? null : (settings?.phoneNumber ?? null)
  const [sendToKnown, setSendToKnown] = useState(knownNumber !== null)

  return (
    <VerifyAddress
      key={String(sendToKnown)}
      title={t.sms.title}
      submitLabel={sendToKnown && knownNumber ? t.sms.toKnown(knownNumber) : t.sendCode}
      footer={
        sendToKnown && (
          <Button kind="link" onClick={() => setSendToKnown(false)}>
            {t.sms.another}
          </Button>
        )
      }
      addressOf={sendToKnown ? () => undefined : phoneNumberOf}
      request={(phoneNumber, code) =>
        withStepUp(() => latchkey.settings.mfaSignIn.post({ mfaMethod: 'sms', phoneNumber, code }))
      }
      onDone={onDone}
      onCancel={onCancel}
    >
      {(errorFor) => !sendToKnown && <PhoneField error={errorFor('phoneNumber')} />}
    </VerifyAddress>
  )
}

/** Codes by email, to the account's own address or to another one. */
export function SetUpEmail({ settings, onDone, onCancel }: SetUpProps) {
  const withStepUp = useStepUp()
  return (
    <VerifyAddress
      title={t.emailCode.title}
      addressOf={({ email }) => email}
      request={(email, code) =>
        withStepUp(() => latchkey.settings.mfaSignIn.post({ mfaMethod: 'email', email, code }))
      }
      onDone={onDone}
      onCancel={onCancel}
    >
      {(errorFor, typed) =>
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
            error={errorFor('email')}
          />
        ) : (
          <p>{t.emailCode.toOwn}</p>
        )
      }
    </VerifyAddress>
  )
}
