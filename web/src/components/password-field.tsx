import { useState } from 'preact/hooks'
import { text } from '../text.ts'
import { Field } from './field.tsx'

/** A password field with a button that shows the password. */
export function PasswordField(
  props: { autocomplete: 'current-password' | 'new-password'; label?: string } & Omit<
    Parameters<typeof Field>[0],
    'label'
  >,
) {
  const { label = text.common.password, ...rest } = props
  const [visible, setVisible] = useState(false)
  return (
    <Field
      {...rest}
      label={label}
      type={visible ? 'text' : 'password'}
      autocapitalize="none"
      spellcheck={false}
      required
      adornment={
        <button
          type="button"
          class="icon-button"
          aria-pressed={visible}
          aria-label={visible ? text.common.hidePassword : text.common.showPassword}
          onClick={() => setVisible(!visible)}
        >
          <EyeIcon open={visible} />
        </button>
      }
    />
  )
}

function EyeIcon({ open }: { open: boolean }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="22"
      height="22"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
    >
      <path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Z" />
      <circle cx="12" cy="12" r="3" />
      {!open && <path d="m4 20 16-16" />}
    </svg>
  )
}
