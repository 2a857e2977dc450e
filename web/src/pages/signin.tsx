import '../styles.css'
import { useEffect, useState } from 'preact/hooks'
import type { AuthenticationResponseJSON } from '../../../client/latchkey.ts'
import { EmailField, rememberedEmail } from '../components/email-field.tsx'
import { Button, type Failure, Form, Notice, PasswordField } from '../components/forms.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { type MfaChallenge, SecondStep } from '../components/second-step.tsx'
import { failureOf } from '../failure.ts'
import { getPasskey, isPasskeyAutofillSupported, passkeysSupported } from '../passkey.ts'
import { navigateTo, redirectAfterSignIn, withReturnTo } from '../return-to.ts'
import { accessToken, guest, storeTokens } from '../session.ts'
import { text } from '../text.ts'

function SignIn() {
  const [challenge, setChallenge] = useState<MfaChallenge>()
  const [failure, setFailure] = useState<Failure>()
  const [promptingPasskey, setPromptingPasskey] = useState(false)
  usePasskeyAutofill(!promptingPasskey && !challenge, setFailure)

  async function signIn({ email = '', password = '' }: Record<string, string>) {
    setFailure(undefined)
    const result = await guest.auth.signIn.post({ email, password })
    if (!result.ok) {
      if (result.problem.code === 'password_reset_required') return goToPasswordReset()
      return failureOf(result, { invalid_credentials: 'password' })
    }
    if (result.data.status === 'signedIn') {
      storeTokens(result.data)
      return redirectAfterSignIn()
    }
    setChallenge(result.data)
    return undefined
  }

  async function handlePasskey() {
    setFailure(undefined)
    setPromptingPasskey(true)
    setFailure(await signInWithPasskey())
    setPromptingPasskey(false)
  }

  if (challenge) {
    const startOver = (reason?: Failure) => {
      setChallenge(undefined)
      setFailure(reason)
    }
    return <SecondStep challenge={challenge} onDone={redirectAfterSignIn} onStartOver={startOver} />
  }
  return (
    <section class="card stack">
      <Heading>{text.signIn.title}</Heading>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Form
        onSubmit={signIn}
        submitLabel={text.signIn.submit}
        footer={<a href={withReturnTo('/forgot')}>{text.signIn.forgot}</a>}
      >
        {(errorFor) => (
          <>
            <EmailField
              error={errorFor('email')}
              autocomplete="username webauthn"
              autofocus={rememberedEmail() === ''}
            />
            <PasswordField
              name="password"
              autocomplete="current-password"
              error={errorFor('password')}
              autofocus={rememberedEmail() !== ''}
            />
          </>
        )}
      </Form>
      {passkeysSupported && (
        <>
          <div class="or">{text.common.or}</div>
          <Button onClick={handlePasskey}>{text.signIn.withPasskey}</Button>
        </>
      )}
      <p>
        {text.signIn.noAccount} <a href={withReturnTo('/signup')}>{text.signIn.signUp}</a>
      </p>
    </section>
  )
}

/** After an undo nobody gets in before there is a new password. */
function goToPasswordReset(): Promise<never> {
  return navigateTo(`${withReturnTo('/forgot')}#undone`)
}

/** Signs in with the passkey alone. */
async function signInWithPasskey(): Promise<Failure | undefined> {
  const started = await guest.auth.signIn.passkey.post({})
  if (!started.ok) return failureOf(started)
  const { options, passkeyToken } = started.data
  const response = await getPasskey(options).catch(() => 'failed' as const)
  if (response === 'failed') return { message: text.problems.passkey_failed }
  return response && answer(passkeyToken, response)
}

async function answer(
  passkeyToken: string,
  response: AuthenticationResponseJSON,
): Promise<Failure | undefined> {
  const result = await guest.auth.signIn.passkey.verify.post({ passkeyToken, response })
  if (result.ok) {
    storeTokens(result.data)
    return redirectAfterSignIn()
  }
  if (result.problem.code === 'password_reset_required') return goToPasswordReset()
  return failureOf(result)
}

/** Offers passkeys where the address is typed, for whoever has one, while nothing else is asked. */
function usePasskeyAutofill(
  enabled: boolean,
  onFailure: (failure: Failure | undefined) => void,
): void {
  useEffect(() => {
    if (!enabled) return
    const controller = new AbortController()
    offerPasskeyAutofill(controller.signal, onFailure)
    return () => controller.abort()
  }, [enabled])
}

async function offerPasskeyAutofill(
  signal: AbortSignal,
  onFailure: (failure: Failure | undefined) => void,
): Promise<void> {
  if (!(await isPasskeyAutofillSupported())) return
  for (;;) {
    // Nobody asked for it yet: if it can't be offered, the button says why.
    const started = signal.aborted ? undefined : await guest.auth.signIn.passkey.post({})
    if (!started?.ok || signal.aborted) return
    const { options, passkeyToken, expiresIn } = started.data
    // Whoever types slowly is offered what still works.
    const expired = AbortSignal.timeout(expiresIn * 1000)
    const response = await getPasskey(options, {
      mediation: 'conditional',
      signal: AbortSignal.any([signal, expired]),
    }).catch(() => undefined)
    if (response) onFailure(await answer(passkeyToken, response))
    else if (!expired.aborted) return
  }
}

// Whoever is signed in already need not do it again.
if (await accessToken()) redirectAfterSignIn()
else renderPage(<SignIn />)
