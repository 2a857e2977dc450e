import { Field } from './forms.tsx'
import { text } from './text.ts'

const key = 'latchkey-email'

/** The address that was typed last in this tab: nobody types it twice, from page to page. */
export function typedEmail(): string {
  return sessionStorage.getItem(key) ?? ''
}

export function rememberEmail(email: string): void {
  sessionStorage.setItem(key, email)
}

export function EmailField(props: {
  error: string | undefined
  autocomplete: 'username' | 'username webauthn'
  autofocus?: boolean
}) {
  return (
    <Field
      {...props}
      name="email"
      type="email"
      label={text.common.email}
      defaultValue={typedEmail()}
      autocapitalize="none"
      spellcheck={false}
      maxLength={254}
      required
      onInput={({ currentTarget }) => rememberEmail(currentTarget.value)}
    />
  )
}

/** Tells a password manager whose password a form is about. */
export function Username({ email }: { email: string }) {
  return (
    <input type="email" name="username" autocomplete="username" value={email} readOnly hidden />
  )
}
