import { Field } from '../../components/field.tsx'
import { latchkey } from '../../session.ts'
import { text } from '../../text.ts'
import { t } from '../i18n.ts'
import { useStepUp } from '../step-up-context.tsx'
import { VerifyAddress } from '../verify-address.tsx'
import type { SetUpProps } from './set-up-props.ts'

/** Codes by email, to the account's address or another one. */
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
