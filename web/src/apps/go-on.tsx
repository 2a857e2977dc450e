import { useCallback, useEffect, useState } from 'preact/hooks'
import type { MfaRequired } from '../../../client/latchkey.ts'
import { Button } from '../components/button.tsx'
import { HiddenUsername } from '../components/email-field.tsx'
import { Form } from '../components/form.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading } from '../components/page.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { SecondStep } from '../components/second-step.tsx'
import { type Failure, failureOf } from '../failure.ts'
import { getPasskey, passkeysSupported } from '../passkey.ts'
import { navigateTo } from '../return-to.ts'
import { guest, latchkey, refreshTokens, storeTokens } from '../session.ts'
import { text } from '../text.ts'
import { AppFailure } from './app-failure.tsx'
import { t } from './i18n.ts'

/** The way in which a person can confirm the session. */
interface Confirmation {
  app: string
  email: string
  hasPassword: boolean
  hasPasskeys: boolean
}

/** Goes on to the application that sent a signed-in person here, once they are signed in as it asks. */
export function GoOn({ interaction }: { interaction: string }) {
  const [confirmation, setConfirmation] = useState<Confirmation>()
  const [failure, setFailure] = useState<Failure>()

  const goOn = useCallback(async () => {
    const result = await authorize(interaction)
    if (result.ok) await navigateTo(result.data.redirectTo)
    else if (result.problem.code === 'insufficient_user_authentication') {
      const loaded = await loadConfirmation(interaction)
      if ('message' in loaded) setFailure(loaded)
      else setConfirmation(loaded)
    } else setFailure(failureOf(result))
  }, [])
  useEffect(() => {
    goOn()
  }, [])

  if (failure) return <AppFailure failure={failure} />
  if (!confirmation) return <p class="soft">{text.common.working}</p>
  return <Confirm confirmation={confirmation} onDone={goOn} />
}

/** Makes the call with a valid access token: a session may be revoked before its token expires. */
async function authorize(interaction: string) {
  const call = () => latchkey.auth.authorization.post({ interaction })
  const result = await call()
  if (result.ok || result.problem.code !== 'invalid_token') return result
  return (await refreshTokens()) ? call() : navigateTo(location.href)
}

async function loadConfirmation(interaction: string): Promise<Confirmation | Failure> {
  const [described, settings] = await Promise.all([
    guest.auth.authorization.get({ interaction }),
    latchkey.settings.get(),
  ])
  if (!described.ok) return failureOf(described)
  if (!settings.ok) return failureOf(settings)
  const { email, hasPassword, passkeys } = settings.data
  const hasPasskeys = passkeysSupported && passkeys.some(({ pending }) => !pending)
  return { app: described.data.app.name, email, hasPassword, hasPasskeys }
}

/** Confirms the session (step-up, RFC 9470): by passkey, or by password and second step. */
function Confirm(props: { confirmation: Confirmation; onDone: () => Promise<void> }) {
  const { confirmation, onDone } = props
  const { app, email, hasPassword, hasPasskeys } = confirmation
  const [challenge, setChallenge] = useState<MfaRequired>()
  const [failure, setFailure] = useState<Failure>()

  async function confirmByPassword({ password = '' }: Record<string, string>) {
    setFailure(undefined)
    const result = await latchkey.auth.reauthenticate.post({ password })
    if (!result.ok) return failureOf(result, { invalid_credentials: 'password' })
    if (result.data.status === 'mfaRequired') setChallenge(result.data)
    else if (result.data.status === 'signedIn') {
      storeTokens(result.data)
      await onDone()
    }
    return undefined
  }

  async function confirmByPasskey() {
    setFailure(undefined)
    const started = await latchkey.auth.signIn.passkey.post({})
    if (!started.ok) return setFailure(failureOf(started))
    const { options, passkeyToken } = started.data
    const response = await getPasskey(options).catch(() => 'failed' as const)
    if (response === 'failed') return setFailure({ message: text.problems.passkey_failed })
    if (!response) return
    const result = await latchkey.auth.signIn.passkey.verify.post({ passkeyToken, response })
    if (!result.ok) return setFailure(failureOf(result))
    storeTokens(result.data)
    await onDone()
  }

  if (challenge) {
    const startOver = (reason?: Failure) => {
      setChallenge(undefined)
      setFailure(reason)
    }
    return <SecondStep challenge={challenge} onDone={onDone} onStartOver={startOver} />
  }
  return (
    <section class="card stack">
      <Heading>{t.confirmTitle}</Heading>
      <p>{t.confirmFor(app)}</p>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      {hasPasskeys && <Button onClick={confirmByPasskey}>{t.confirmByPasskey}</Button>}
      {hasPasskeys && hasPassword && <div class="divider">{text.common.or}</div>}
      {hasPassword && (
        <Form onSubmit={confirmByPassword} submitLabel={t.confirm}>
          {(errorFor) => (
            <>
              <HiddenUsername email={email} />
              <PasswordField
                name="password"
                autocomplete="current-password"
                autofocus={!hasPasskeys}
                error={errorFor('password')}
              />
            </>
          )}
        </Form>
      )}
    </section>
  )
}
