import { useState } from 'preact/hooks'
import type { PasswordReset } from '../../../client/latchkey.ts'
import { CodeField } from '../components/code-field.tsx'
import { DevInboxHint } from '../components/dev-inbox-hint.tsx'
import { EmailField, HiddenUsername } from '../components/email-field.tsx'
import { Form } from '../components/form.tsx'
import { Leftovers } from '../components/leftovers.tsx'
import { NewPasswordField, newPasswordFailureOf } from '../components/new-password-field.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { ResendCode, resendDelaySeconds } from '../components/resend-code.tsx'
import { type Failure, failureOf } from '../failure.ts'
import { withReturnTo } from '../return-to.ts'
import { guest } from '../session.ts'
import { text } from '../text.ts'

const t = text.forgot

/** The sign-in page redirects here when the account needs a new password. */
const afterUndo = location.hash === '#undone'

function ForgotPassword() {
  const [email, setEmail] = useState('')
  const [done, setDone] = useState<PasswordReset>()

  async function requestCode({ email: typed = '' }: Record<string, string>) {
    const result = await guest.auth.forgotPassword.post({ email: typed })
    if (!result.ok) return failureOf(result)
    setEmail(typed)
    return undefined
  }

  if (done) return <PasswordSet reset={done} />
  if (email) return <ChoosePassword email={email} onDone={setDone} />
  return (
    <section class="card stack">
      <Heading>{t.title}</Heading>
      {afterUndo && <Notice>{text.problems.password_reset_required}</Notice>}
      <p>{t.about}</p>
      <Form onSubmit={requestCode} submitLabel={t.submit}>
        {(errorFor) => <EmailField error={errorFor('email')} autocomplete="username" autofocus />}
      </Form>
      <p>
        <a href={withReturnTo('/signin')}>{t.backToSignIn}</a>
      </p>
    </section>
  )
}

function ChoosePassword({
  email,
  onDone,
}: {
  email: string
  onDone: (reset: PasswordReset) => void
}) {
  const [status, setStatus] = useState('')
  const [failure, setFailure] = useState<Failure>()

  async function resetPassword({ code = '', newPassword = '' }: Record<string, string>) {
    setFailure(undefined)
    const result = await guest.auth.resetPassword.post({ email, code, newPassword })
    if (result.ok) onDone(result.data)
    else {
      const context = { field: 'newPassword', password: newPassword, email }
      return newPasswordFailureOf(result, context)
    }
    return undefined
  }

  async function resend() {
    setStatus('')
    const result = await guest.auth.forgotPassword.post({ email })
    if (result.ok) {
      setFailure(undefined)
      setStatus(text.common.resent)
      return resendDelaySeconds
    }
    setFailure(failureOf(result))
    return result.problem.retryAfter
  }

  return (
    <section class="card stack">
      <Heading>{t.choose}</Heading>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <Form onSubmit={resetPassword} submitLabel={t.set}>
        {(errorFor) => (
          <>
            <HiddenUsername email={email} />
            <CodeField
              label={t.code}
              kind="digits"
              hint={t.sentTo(email)}
              error={errorFor('code')}
              hasOtherFields
            />
            <NewPasswordField
              name="newPassword"
              label={text.newPassword.label}
              error={errorFor('newPassword')}
            />
          </>
        )}
      </Form>
      <DevInboxHint />
      <ResendCode retryAfter={resendDelaySeconds} onResend={resend} />
      <p role="status">{status}</p>
    </section>
  )
}

function PasswordSet({ reset }: { reset: PasswordReset }) {
  return (
    <section class="card stack">
      <Heading autofocus>{t.done}</Heading>
      <p>{t.signedOut}</p>
      <Leftovers {...reset} />
      <a class="button primary" href={withReturnTo('/signin')}>
        {t.signIn}
      </a>
    </section>
  )
}

renderPage(<ForgotPassword />)
