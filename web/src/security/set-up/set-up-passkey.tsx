import { useEffect, useState } from 'preact/hooks'
import { Button } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { getPasskey } from '../../passkey.ts'
import { latchkey } from '../../session.ts'
import { addPasskey } from '../add-passkey.ts'
import { CancelButton } from '../cancel-button.tsx'
import { t } from '../i18n.ts'
import { securityFailureOf } from '../security-failure.ts'
import { StepHeading } from '../step-heading.tsx'
import { useStepUp } from '../step-up-context.tsx'
import type { SetUpProps } from './set-up-props.ts'

/** Uses a passkey, and creates one first if there is none. */
export function SetUpPasskey({ onDone, onCancel }: SetUpProps) {
  const withStepUp = useStepUp()
  const [failure, setFailure] = useState<Failure>()
  const [canCreate, setCanCreate] = useState(false)

  useEffect(() => {
    turnOn()
  }, [])

  async function turnOn(justCreated = false): Promise<void> {
    setFailure(undefined)
    const started = await withStepUp(() =>
      latchkey.settings.mfaSignIn.post({ mfaMethod: 'passkey' }),
    )
    if (!started) return onCancel ? onCancel() : setFailure({ message: t.stepUp.why })
    if (!started.ok) {
      return started.problem.code === 'method_not_set_up'
        ? createAndTurnOn()
        : setFailure(securityFailureOf(started))
    }
    if (started.status === 200) return onDone(started.data)
    if (started.data.status !== 'assertionRequired') return
    const assertion = await getPasskey(started.data.options).catch(() => undefined)
    if (!assertion) {
      setCanCreate(!justCreated)
      return setFailure({ message: justCreated ? t.passkey.made : t.passkey.notShown })
    }
    const result = await withStepUp(() =>
      latchkey.settings.mfaSignIn.post({ mfaMethod: 'passkey', assertion }),
    )
    if (!result) return
    if (!result.ok) setFailure(securityFailureOf(result))
    else if (result.status === 200) onDone(result.data)
  }

  async function createAndTurnOn(): Promise<void> {
    setFailure(undefined)
    const result = await addPasskey(withStepUp)
    if (!result) return setFailure({ message: t.passkey.notMade })
    if ('failure' in result) return setFailure(result.failure)
    return turnOn(true)
  }

  return (
    <div class="stack">
      <StepHeading>{t.passkey.title}</StepHeading>
      {failure ? <Notice>{failure.message}</Notice> : <p>{t.passkey.explain}</p>}
      <Button kind="primary" busy={!failure} onClick={() => turnOn()}>
        {t.passkey.use}
      </Button>
      {failure && canCreate && <Button onClick={createAndTurnOn}>{t.passkey.makeHere}</Button>}
      {onCancel && <CancelButton onClick={onCancel} />}
    </div>
  )
}
