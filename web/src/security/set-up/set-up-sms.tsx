import { useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { t } from '../i18n.ts'
import { PhoneField, phoneNumberOf } from '../phone-field.tsx'
import { VerifyAddress } from '../verify-address.tsx'
import type { SetUpProps } from './set-up-props.ts'
import { useTurnOn } from './use-turn-on.ts'

/** Codes by text message, to the account's phone number or another one. */
export function SetUpSms({ settings, confirming, onDone, onCancel }: SetUpProps) {
  const turnOn = useTurnOn({ confirming })
  const inUse = settings?.mfaSignIn.mfaMethod === 'sms'
  const knownNumber = inUse ? null : (settings?.phoneNumber ?? null)
  const [sendToKnown, setSendToKnown] = useState(knownNumber !== null)

  return (
    <VerifyAddress
      key={String(sendToKnown)}
      title={confirming ? t.confirm.titles.sms : t.sms.title}
      submitLabel={sendToKnown && knownNumber ? t.sms.toKnown(knownNumber) : t.sendCode}
      footer={
        sendToKnown && (
          <Button kind="link" onClick={() => setSendToKnown(false)}>
            {t.sms.another}
          </Button>
        )
      }
      addressOf={sendToKnown ? () => undefined : phoneNumberOf}
      request={(phoneNumber, code) => turnOn({ mfaMethod: 'sms', phoneNumber, code })}
      onDone={onDone}
      onCancel={onCancel}
    >
      {(errorFor) => !sendToKnown && <PhoneField error={errorFor('phoneNumber')} />}
    </VerifyAddress>
  )
}
