import { useState } from 'preact/hooks'
import { Button } from '../components/button.tsx'
import { CodeField } from '../components/code-field.tsx'
import { DevInboxHint } from '../components/dev-inbox-hint.tsx'
import { EmailField, rememberedEmail } from '../components/email-field.tsx'
import { Form } from '../components/form.tsx'
import { NewPasswordField, newPasswordFailureOf } from '../components/new-password-field.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { ResendCode, resendDelaySeconds } from '../components/resend-code.tsx'
import { type FailedCall, type Failure, failureOf } from '../failure.ts'
import { redirectAfterSignIn, withReturnTo } from '../return-to.ts'
import { guest, storeTokens } from '../session.ts'
import { canSignUp, domainHint } from '../sign-up-policy.ts'
import { text } from '../text.ts'

const t = text.signUp

interface Draft {
  email: string
  password: string
}

function signUpFailureOf(result: FailedCall, draft: Draft): Failure {
  const failure = newPasswordFailureOf(result, { ...draft, field: 'password' })
  return result.problem.code === 'email_domain_not_allowed'
    ? { ...failure, field: 'email' }
    : failure
}

function SignUp() {
  const [draft, setDraft] = useState<Draft>()
  const [signUpToken, setSignUpToken] = useState('')

  async function requestCode({ email = '', password = '' }: Record<string, string>) {
    const newDraft = { email, password }
    setDraft(newDraft)
    const result = await guest.auth.signUp.post(newDraft)
    if (!result.ok) return signUpFailureOf(result, newDraft)
    setSignUpToken(result.data.signUpToken)
    return undefined
  }

  if (draft && signUpToken) {
    const props = { draft, signUpToken, onResent: setSignUpToken, onBack: () => setSignUpToken('') }
    return <VerifyEmail {...props} />
  }
  return (
    <section class="card stack">
      <Heading>{t.title}</Heading>
      <Form onSubmit={requestCode} submitLabel={t.submit}>
        {(errorFor) => (
          <>
            <EmailField
              error={errorFor('email')}
              autocomplete="username"
              hint={domainHint()}
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

function ByInvitation() {
  return (
    <section class="card stack">
      <Heading>{t.byInvitation}</Heading>
      <p>{t.ifInvited}</p>
      <p>{t.ifNotInvited}</p>
      <p>
        {t.haveAccount} <a href={withReturnTo('/signin')}>{t.signIn}</a>
      </p>
    </section>
  )
}

function VerifyEmail(props: {
  draft: Draft
  signUpToken: string
  /** Takes the token that came with another code. Codes sent before it work with it, too. */
  onResent: (signUpToken: string) => void
  onBack: () => void
}) {
  const { draft, signUpToken, onResent, onBack } = props
  const [status, setStatus] = useState('')
  const [failure, setFailure] = useState<Failure>()

  async function verifyCode({ code = '' }: Record<string, string>) {
    setFailure(undefined)
    const result = await guest.auth.signUp.verify.post({ signUpToken, code })
    if (!result.ok) return codeFailureOf(result)
    storeTokens(result.data)
    return redirectAfterSignIn()
  }

  async function resend() {
    setStatus('')
    const result = await guest.auth.signUp.post(draft)
    if (result.ok) {
      onResent(result.data.signUpToken)
      setFailure(undefined)
      setStatus(text.common.resent)
      return resendDelaySeconds
    }
    setFailure(signUpFailureOf(result, draft))
    return result.problem.retryAfter
  }

  return (
    <section class="card stack">
      <Heading>{t.checkMail}</Heading>
      {failure && <Notice kind="error">{failure.message}</Notice>}
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

function codeFailureOf(result: FailedCall): Failure {
  const { code, attemptsLeft } = result.problem
  if (code !== 'invalid_code') return failureOf(result, { sign_up_token_expired: 'code' })
  const message = attemptsLeft
    ? `${text.common.invalidOrExpiredCode} ${text.secondStep.attemptsLeft(attemptsLeft)}`
    : text.problems.sign_up_token_expired
  return { field: 'code', message }
}

renderPage(canSignUp ? <SignUp /> : <ByInvitation />)
