import '../styles.css'
import { useState } from 'preact/hooks'
import { CodeField, ResendCode } from '../components/code-field.tsx'
import { EmailField, rememberedEmail } from '../components/email-field.tsx'
import { Button, type Failure, Form, Notice } from '../components/forms.tsx'
import { NewPasswordField, newPasswordFailureOf } from '../components/new-password-field.tsx'
import { DevInboxHint, Heading, renderPage } from '../components/page.tsx'
import { redirectAfterSignIn, withReturnTo } from '../return-to.ts'
import { guest, storeTokens } from '../session.ts'
import { text } from '../text.ts'

const t = text.signUp

/** Until another message can be asked for: long enough for the first to arrive. */
const resendDelaySeconds = 30

interface Draft {
  email: string
  password: string
}

/** The service's problem, at the field that it belongs to. */
const failureOf = (result: Parameters<typeof newPasswordFailureOf>[0], draft: Draft): Failure =>
  newPasswordFailureOf(result, { ...draft, field: 'password' })

function SignUp() {
  const [draft, setDraft] = useState<Draft>()
  const [codeSent, setCodeSent] = useState(false)

  async function requestCode({ email = '', password = '' }: Record<string, string>) {
    const newDraft = { email, password }
    setDraft(newDraft)
    const result = await guest.auth.signUp.post(newDraft)
    if (!result.ok) return failureOf(result, newDraft)
    setCodeSent(true)
    return undefined
  }

  if (draft && codeSent) return <VerifyEmail draft={draft} onBack={() => setCodeSent(false)} />
  return (
    <section class="card stack">
      <Heading>{t.title}</Heading>
      <Form onSubmit={requestCode} submitLabel={t.submit}>
        {(errorFor) => (
          <>
            <EmailField
              error={errorFor('email')}
              autocomplete="username"
              autofocus={rememberedEmail() === '' || draft !== undefined}
            />
            <NewPasswordField
              name="password"
              label={text.common.password}
              error={errorFor('password')}
              defaultValue={draft?.password}
              autofocus={rememberedEmail() !== '' && draft === undefined}
            />
          </>
        )}
      </Form>
      <p>
        {t.haveAccount} <a href={withReturnTo('/signin')}>{t.signIn}</a>
      </p>
    </section>
  )
}

/** The second step: shows that the address is theirs. */
function VerifyEmail({ draft, onBack }: { draft: Draft; onBack: () => void }) {
  const [status, setStatus] = useState('')
  const [failure, setFailure] = useState<Failure>()

  async function verifyCode({ code = '' }: Record<string, string>) {
    setFailure(undefined)
    // With the password, so that it is the account's, whoever else signed up with this address.
    const result = await guest.auth.signUp.verify.post({ ...draft, code })
    if (!result.ok) return failureOf(result, draft)
    storeTokens(result.data)
    return redirectAfterSignIn()
  }

  async function resend() {
    setStatus('')
    const result = await guest.auth.signUp.post(draft)
    if (result.ok) {
      setFailure(undefined)
      setStatus(text.common.resent)
      return resendDelaySeconds
    }
    setFailure(failureOf(result, draft))
    return result.problem.retryAfter
  }

  return (
    <section class="card stack">
      <Heading>{t.checkMail}</Heading>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Form onSubmit={verifyCode} submitLabel={t.create}>
        {(errorFor) => (
          <CodeField
            label={text.common.code}
            kind="digits"
            hint={t.sentTo(draft.email)}
            error={errorFor('code')}
          />
        )}
      </Form>
      <p class="soft">{t.ifNoCode}</p>
      <DevInboxHint />
      <ResendCode retryAfter={resendDelaySeconds} onResend={resend} />
      <p role="status">{status}</p>
      <Button kind="link" onClick={onBack}>
        {t.otherAddress}
      </Button>
    </section>
  )
}

renderPage(<SignUp />)
