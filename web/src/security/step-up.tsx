import { useState } from 'preact/hooks'
import { Username } from '../email-field.tsx'
import { Button, type Failure, Form, Notice, PasswordField } from '../forms.tsx'
import { getPasskey, passkeysWork } from '../passkey.ts'
import { SecondStep } from '../second-step.tsx'
import { keep, latchkey } from '../session.ts'
import { text } from '../text.ts'
import { type Confirming, reauthenticate } from './asking.tsx'
import { Cancel, Dialog } from './dialog.tsx'
import { whyNot } from './problems.ts'
import { words } from './words.ts'

/** Has whoever is signed in confirm that it's them: by passkey, or by password and second step. */
export function StepUp(props: {
  confirming: Confirming
  email: string | undefined
  hasPasskeys: boolean
}) {
  const { confirming, email, hasPasskeys } = props
  const { settle } = confirming
  const canByPasskey = hasPasskeys && passkeysWork
  const [waiting, setWaiting] = useState(confirming.waiting)
  const [failure, setFailure] = useState<Failure>()

  async function byPassword({ password = '' }: Record<string, string>) {
    setFailure(undefined)
    const answer = await reauthenticate(password)
    if (!answer.ok) {
      const why = whyNot(answer, { invalid_credentials: 'password' })
      const wrong = answer.problem.code === 'invalid_credentials'
      return wrong ? { ...why, message: words.stepUp.wrongPassword } : why
    }
    if (answer.data.status === 'mfaRequired') setWaiting(answer.data)
    else settle(true)
    return undefined
  }

  async function byPasskey() {
    setFailure(undefined)
    const begun = await latchkey.auth.signIn.passkey.post({})
    if (!begun.ok) return setFailure(whyNot(begun))
    const { options, passkeyToken } = begun.data
    const response = await getPasskey(options).catch(() => 'failed' as const)
    if (response === 'failed') return setFailure({ message: text.problems.passkey_failed })
    if (!response) return
    const answer = await latchkey.auth.signIn.passkey.verify.post({ passkeyToken, response })
    if (!answer.ok) return setFailure(whyNot(answer))
    keep(answer.data)
    settle(true)
  }

  function startOver(why?: Failure) {
    setWaiting(undefined)
    setFailure(why)
  }

  return (
    <Dialog title={words.stepUp.title} close={() => settle(false)}>
      {waiting ? (
        <SecondStep inDialog waiting={waiting} done={() => settle(true)} startOver={startOver} />
      ) : (
        <>
          <p>{words.stepUp.why}</p>
          {failure && <Notice kind="wrong">{failure.message}</Notice>}
          {canByPasskey && (
            <>
              <Button onClick={byPasskey}>{words.stepUp.byPasskey}</Button>
              <div class="or">{text.common.or}</div>
            </>
          )}
          <Form onSubmit={byPassword} submit={words.stepUp.submit}>
            {(failureOf) => (
              <>
                {email && <Username email={email} />}
                <PasswordField
                  name="password"
                  autocomplete="current-password"
                  autofocus={!canByPasskey}
                  error={failureOf('password')}
                />
              </>
            )}
          </Form>
        </>
      )}
      <Cancel onClick={() => settle(false)} />
    </Dialog>
  )
}
