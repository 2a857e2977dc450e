import './styles.css'
import { useEffect, useState } from 'preact/hooks'
import type { AuthenticationResponseJSON } from '../../client/latchkey.ts'
import { EmailField, typedEmail } from './email-field.tsx'
import { Button, type Failure, Form, Notice, PasswordField } from './forms.tsx'
import { goOn, leaveFor, pathTo } from './go-on.ts'
import { Heading, show } from './page.tsx'
import { canAutofill, getPasskey, passkeysWork } from './passkey.ts'
import { failureOf } from './problems.ts'
import { SecondStep, type Waiting } from './second-step.tsx'
import { accessToken, guest, keep } from './session.ts'
import { text } from './text.ts'

function SignIn() {
  const [waiting, setWaiting] = useState<Waiting>()
  const [failure, setFailure] = useState<Failure>()
  const [asking, setAsking] = useState(false)
  usePasskeyOffer(!asking && !waiting, setFailure)

  async function signIn({ email = '', password = '' }: Record<string, string>) {
    setFailure(undefined)
    const answer = await guest.auth.signIn.post({ email, password })
    if (!answer.ok) {
      if (answer.problem.code === 'password_reset_required') return chooseNewPassword()
      return failureOf(answer, { invalid_credentials: 'password' })
    }
    if (answer.data.status === 'signedIn') {
      keep(answer.data)
      return goOn()
    }
    setWaiting(answer.data)
    return undefined
  }

  async function signInByPasskey() {
    setFailure(undefined)
    setAsking(true)
    setFailure(await byPasskey())
    setAsking(false)
  }

  if (waiting) {
    const startOver = (why?: Failure) => {
      setWaiting(undefined)
      setFailure(why)
    }
    return <SecondStep waiting={waiting} done={goOn} startOver={startOver} />
  }
  return (
    <section class="card stack">
      <Heading>{text.signIn.title}</Heading>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Form
        onSubmit={signIn}
        submit={text.signIn.submit}
        after={<a href={pathTo('/forgot')}>{text.signIn.forgot}</a>}
      >
        {(failureOf) => (
          <>
            <EmailField
              error={failureOf('email')}
              autocomplete="username webauthn"
              autofocus={typedEmail() === ''}
            />
            <PasswordField
              name="password"
              autocomplete="current-password"
              error={failureOf('password')}
              autofocus={typedEmail() !== ''}
            />
          </>
        )}
      </Form>
      {passkeysWork && (
        <>
          <div class="or">{text.common.or}</div>
          <Button onClick={signInByPasskey}>{text.signIn.withPasskey}</Button>
        </>
      )}
      <p>
        {text.signIn.noAccount} <a href={pathTo('/signup')}>{text.signIn.signUp}</a>
      </p>
    </section>
  )
}

/** After an undo nobody gets in before there is a new password. */
function chooseNewPassword(): Promise<never> {
  return leaveFor(`${pathTo('/forgot')}#undone`)
}

/** Signs in with the passkey alone. */
async function byPasskey(): Promise<Failure | undefined> {
  const begun = await guest.auth.signIn.passkey.post({})
  if (!begun.ok) return failureOf(begun)
  const { options, passkeyToken } = begun.data
  const response = await getPasskey(options).catch(() => 'failed' as const)
  if (response === 'failed') return { message: text.problems.passkey_failed }
  return response && answer(passkeyToken, response)
}

async function answer(
  passkeyToken: string,
  response: AuthenticationResponseJSON,
): Promise<Failure | undefined> {
  const answered = await guest.auth.signIn.passkey.verify.post({ passkeyToken, response })
  if (answered.ok) {
    keep(answered.data)
    return goOn()
  }
  if (answered.problem.code === 'password_reset_required') return chooseNewPassword()
  return failureOf(answered)
}

/** Offers passkeys where the address is typed, for whoever has one, while nothing else is asked. */
function usePasskeyOffer(on: boolean, failed: (why: Failure | undefined) => void): void {
  useEffect(() => {
    if (!on) return
    const stop = new AbortController()
    offerPasskeys(stop.signal, failed)
    return () => stop.abort()
  }, [on])
}

async function offerPasskeys(
  stopped: AbortSignal,
  failed: (why: Failure | undefined) => void,
): Promise<void> {
  if (!(await canAutofill())) return
  for (;;) {
    // Nobody asked for it yet: if it can't be offered, the button says why.
    const begun = stopped.aborted ? undefined : await guest.auth.signIn.passkey.post({})
    if (!begun?.ok || stopped.aborted) return
    const { options, passkeyToken, expiresIn } = begun.data
    // Whoever types slowly is offered what still works.
    const expired = AbortSignal.timeout(expiresIn * 1000)
    const response = await getPasskey(options, {
      mediation: 'conditional',
      signal: AbortSignal.any([stopped, expired]),
    }).catch(() => undefined)
    if (response) failed(await answer(passkeyToken, response))
    else if (!expired.aborted) return
  }
}

// Whoever is signed in already need not do it again.
if (await accessToken()) goOn()
else show(<SignIn />)
