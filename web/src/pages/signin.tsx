import { useEffect, useState } from 'preact/hooks'
import type { AuthenticationResponseJSON, MfaRequired } from '../../../client/latchkey.ts'
import { Button } from '../components/button.tsx'
import { EmailField, rememberedEmail } from '../components/email-field.tsx'
import { Form } from '../components/form.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { SecondStep } from '../components/second-step.tsx'
import { config } from '../config.ts'
import { type Failure, failureOf } from '../failure.ts'
import { getPasskey, isPasskeyAutofillSupported, passkeysSupported } from '../passkey.ts'
import { navigateTo, redirectAfterSignIn, withReturnTo } from '../return-to.ts'
import { guest, isSignedIn, mustSetUpMfa, storeTokens } from '../session.ts'
import { canSignUp } from '../sign-up-policy.ts'
import { text } from '../text.ts'

function SignIn() {
  const [challenge, setChallenge] = useState<MfaRequired>()
  const [failure, setFailure] = useState<Failure>()
  const [promptingPasskey, setPromptingPasskey] = useState(false)
  const app = useAppName()
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
      {app !== undefined && <p>{text.signIn.toApp(app)}</p>}
      {failure && <Notice kind="error">{failure.message}</Notice>}
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
          <div class="divider">{text.common.or}</div>
          <Button onClick={handlePasskey}>{text.signIn.withPasskey}</Button>
        </>
      )}
      <p>
        {text.signIn.noAccount}{' '}
        {canSignUp ? (
          <a href={withReturnTo('/signup')}>{text.signIn.signUp}</a>
        ) : (
          text.signIn.byInvitation
        )}
      </p>
    </section>
  )
}

/** The name of the application that sent the person here. */
function useAppName(): string | undefined {
  const { interaction } = config
  const [name, setName] = useState<string>()
  useEffect(() => {
    if (interaction === null) return
    guest.auth.authorization.get({ interaction }).then((described) => {
      if (described.ok) setName(described.data.app.name)
    })
  }, [])
  return name
}

function goToPasswordReset(): Promise<never> {
  return navigateTo(`${withReturnTo('/forgot')}#undone`)
}

async function signInWithPasskey(): Promise<Failure | undefined> {
  const started = await guest.auth.signIn.passkey.post({})
  if (!started.ok) return failureOf(started)
  const { options, passkeyToken } = started.data
  const response = await getPasskey(options).catch(() => 'failed' as const)
  if (response === 'failed') return { message: text.problems.passkey_failed }
  return response && verifyPasskey(passkeyToken, response)
}

async function verifyPasskey(
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

/** Offers passkeys among the suggestions of the email field, while `enabled`. */
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
    // No error is shown: the owner has not chosen a passkey yet, and the button shows errors.
    const started = signal.aborted ? undefined : await guest.auth.signIn.passkey.post({})
    if (!started?.ok || signal.aborted) return
    const { options, passkeyToken, expiresIn } = started.data
    // The offer is replaced when its challenge expires, so that it works for slow typists.
    const expired = AbortSignal.timeout(expiresIn * 1000)
    const response = await getPasskey(options, {
      mediation: 'conditional',
      signal: AbortSignal.any([signal, expired]),
    }).catch(() => undefined)
    if (response) onFailure(await verifyPasskey(passkeyToken, response))
    else if (!expired.aborted) return
  }
}

/** Loaded only here, because it brings the step-up dialog along. */
async function goOnToApp(interaction: string) {
  const { GoOn } = await import('../apps/go-on.tsx')
  renderPage(<GoOn interaction={interaction} />)
}

if (!(await isSignedIn())) renderPage(<SignIn />)
else if (config.interaction !== null && !mustSetUpMfa()) await goOnToApp(config.interaction)
else redirectAfterSignIn()
