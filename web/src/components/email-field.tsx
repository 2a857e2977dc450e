import { text } from '../text.ts'
import { Field } from './field.tsx'

const storageKey = 'latchkey-email'

/** The address last typed in this tab, to fill in the field of the next page. */
export function rememberedEmail(): string {
  return sessionStorage.getItem(storageKey) ?? ''
}

export function rememberEmail(email: string): void {
  sessionStorage.setItem(storageKey, email)
}

export function EmailField(props: {
  error: string | undefined
  autocomplete: 'username' | 'username webauthn'
  hint?: string | undefined
  autofocus?: boolean
}) {
  return (
    <Field
      {...props}
      name="email"
      type="email"
      label={text.common.email}
      defaultValue={rememberedEmail()}
      autocapitalize="none"
      spellcheck={false}
      maxLength={254}
      required
      onInput={({ currentTarget }) => rememberEmail(currentTarget.value)}
    />
  )
}

/** The account that a password belongs to, for password managers. */
export function HiddenUsername({ email }: { email: string }) {
  return (
    <input type="email" name="username" autocomplete="username" value={email} readOnly hidden />
  )
}
