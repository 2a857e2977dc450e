import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { Form } from '../../components/form.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { addPasskey } from '../add-passkey.ts'
import { CancelButton } from '../cancel-button.tsx'
import { CurrentPassword } from '../current-password.tsx'
import { t } from '../i18n.ts'
import { securityFailureOf } from '../security-failure.ts'
import { StepHeading } from '../step-heading.tsx'
import { useStepUp } from '../step-up-context.tsx'
import { provePasskey } from './prove-passkey.ts'
import type { SetUpProps } from './set-up-props.ts'
import { useTurnOn } from './use-turn-on.ts'

/** Uses a passkey, and creates one first if there is none. */
export function SetUpPasskey({ settings, confirming, onDone, onCancel }: SetUpProps) {
  const withStepUp = useStepUp()
  const turnOn = useTurnOn({ confirming })
  const [failure, setFailure] = useState<Failure>()
  const [canCreate, setCanCreate] = useState(false)
  const [creating, setCreating] = useState(false)

  useEffect(() => {
    signByPasskey()
  }, [])

  async function signByPasskey(justCreated = false): Promise<void> {
    setFailure(undefined)
    const result = await provePasskey(turnOn)
    if (!result) return onCancel ? onCancel() : setFailure({ message: t.stepUp.why })
    if (result === 'notUsed') {
      setCanCreate(!justCreated && !confirming)
      return setFailure({ message: notUsedMessage(justCreated) })
    }
    if (result.ok) return result.status === 200 ? onDone(result.data) : undefined
    return result.problem.code === 'method_not_set_up' && !confirming
      ? setCreating(true)
      : setFailure(securityFailureOf(result))
  }

  function notUsedMessage(justCreated: boolean): string {
    if (confirming) return t.confirm.passkeyNotUsed
    return justCreated ? t.passkey.made : t.passkey.notShown
  }

  async function create({ currentPassword }: Record<string, string>): Promise<Failure | undefined> {
    const result = await addPasskey(withStepUp, currentPassword)
    if (!result) return { message: t.passkey.notMade }
    if ('failure' in result) return result.failure
    setCreating(false)
    await signByPasskey(true)
    return undefined
  }

  return (
    <div class="stack">
      <StepHeading>{confirming ? t.confirm.titles.passkey : t.passkey.title}</StepHeading>
      {creating ? (
        <Form onSubmit={create} submitLabel={t.passkey.makeHere}>
          {(errorFor) => (
            <>
              <p>{t.stepUp.why}</p>
              <CurrentPassword settings={settings} errorFor={errorFor} autofocus />
            </>
          )}
        </Form>
      ) : (
        <>
          {failure ? <Notice>{failure.message}</Notice> : <p>{t.passkey.explain}</p>}
          <Button kind="primary" busy={!failure} onClick={() => signByPasskey()}>
            {t.passkey.use}
          </Button>
          {failure && canCreate && (
            <Button onClick={() => setCreating(true)}>{t.passkey.makeHere}</Button>
          )}
        </>
      )}
      {onCancel && <CancelButton onClick={onCancel} />}
    </div>
  )
}
