import type { Settings } from '../../../client/latchkey.ts'
import { HiddenUsername } from '../components/email-field.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { t } from './i18n.ts'

/**
 * The field of the password that confirms a change. An account without a password has none: its
 * passkey confirms.
 *
 * @param props.settings undefined in a session that only allows setting up MFA
 */
export function CurrentPassword(props: {
  settings: Settings | undefined
  errorFor: (field: string) => string | undefined
  autofocus?: boolean
}) {
  const { settings, errorFor, autofocus = false } = props
  if (settings?.hasPassword === false) return null
  return (
    <>
      {settings && <HiddenUsername email={settings.email} />}
      <PasswordField
        name="currentPassword"
        label={t.password.current}
        autocomplete="current-password"
        autofocus={autofocus}
        error={errorFor('currentPassword')}
      />
    </>
  )
}
