import { useState } from 'preact/hooks'
import { Button } from '../components/button.tsx'
import { HiddenUsername } from '../components/email-field.tsx'
import { Form } from '../components/form.tsx'
import { Notice } from '../components/notice.tsx'
import { PasswordField } from '../components/password-field.tsx'
import { SecondStep } from '../components/second-step.tsx'
import type { Failure } from '../failure.ts'
import { getPasskey, passkeysSupported } from '../passkey.ts'
import { latchkey, storeTokens } from '../session.ts'
import { text } from '../text.ts'
import { CancelButton } from './cancel-button.tsx'
import { Dialog } from './dialog.tsx'
import { t } from './i18n.ts'
import { securityFailureOf } from './security-failure.ts'
import { reauthenticate, type StepUpRequest } from './step-up-context.tsx'

/** Reauthenticates the owner: by passkey, or by password and second step. */
export function StepUpDialog(props: {
  request: StepUpRequest
  email: string | undefined
  hasPassword: boolean
  hasPasskeys: boolean
}) {
  const { request, email, hasPassword, hasPasskeys } = props
  const { resolve } = request
  const canUsePasskey = hasPasskeys && passkeysSupported
  const [challenge, setChallenge] = useState(request.challenge)
  const [failure, setFailure] = useState<Failure>()

  async function confirmByPassword({ password = '' }: Record<string, string>) {
    setFailure(undefined)
    const result = await reauthenticate(password)
    if (!result.ok) return securityFailureOf(result, { invalid_credentials: 'password' })
    if (result.data.status === 'mfaRequired') setChallenge(result.data)
    else if (result.status === 200) resolve(true)
    return undefined
  }

  async function confirmByPasskey() {
    setFailure(undefined)
    const started = await latchkey.auth.signIn.passkey.post({})
    if (!started.ok) return setFailure(securityFailureOf(started))
    const { options, passkeyToken } = started.data
    const response = await getPasskey(options).catch(() => 'failed' as const)
    if (response === 'failed') return setFailure({ message: text.problems.passkey_failed })
    if (!response) return
    const result = await latchkey.auth.signIn.passkey.verify.post({ passkeyToken, response })
    if (!result.ok) return setFailure(securityFailureOf(result))
    storeTokens(result.data)
    resolve(true)
  }

  function startOver(reason?: Failure) {
    setChallenge(undefined)
    setFailure(reason)
  }

  return (
    <Dialog title={t.stepUp.title} onClose={() => resolve(false)}>
      {challenge ? (
        <SecondStep
          inDialog
          challenge={challenge}
          onDone={() => resolve(true)}
          onStartOver={startOver}
        />
      ) : (
        <>
          <p>{t.stepUp.why}</p>
          {failure && <Notice kind="error">{failure.message}</Notice>}
          {canUsePasskey && <Button onClick={confirmByPasskey}>{t.stepUp.byPasskey}</Button>}
          {canUsePasskey && hasPassword && <div class="divider">{text.common.or}</div>}
          {hasPassword && (
            <Form onSubmit={confirmByPassword} submitLabel={t.stepUp.submit}>
              {(errorFor) => (
                <>
                  {email && <HiddenUsername email={email} />}
                  <PasswordField
                    name="password"
                    autocomplete="current-password"
                    autofocus={!canUsePasskey}
                    error={errorFor('password')}
                  />
                </>
              )}
            </Form>
          )}
        </>
      )}
      <CancelButton onClick={() => resolve(false)} />
    </Dialog>
  )
}
