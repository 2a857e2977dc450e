import { Field } from '../../components/field.tsx'
import { text } from '../../text.ts'
import { t } from '../i18n.ts'
import { VerifyAddress } from '../verify-address.tsx'
import type { SetUpProps } from './set-up-props.ts'
import { useTurnOn } from './use-turn-on.ts'

/** Codes by email, to the account's address or another one. */
export function SetUpEmail({ settings, confirming, onDone, onCancel }: SetUpProps) {
  const turnOn = useTurnOn({ confirming })
  return (
    <VerifyAddress
      title={confirming ? t.confirm.titles.email : t.emailCode.title}
      addressOf={({ email }) => email}
      request={(email, code) => turnOn({ mfaMethod: 'email', email, code })}
      onDone={onDone}
      onCancel={onCancel}
    >
      {(errorFor, typed) =>
        confirming ? (
          <p>{t.emailCode.toKnown}</p>
        ) : settings ? (
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
