import { useEffect, useState } from 'preact/hooks'
import { Button, type Failure, Notice } from '../forms.tsx'
import { getPasskey } from '../passkey.ts'
import { latchkey } from '../session.ts'
import { addPasskey } from './add-passkey.ts'
import { useAsk } from './asking.tsx'
import { Cancel } from './dialog.tsx'
import { StepTitle } from './parts.tsx'
import { whyNot } from './problems.ts'
import type { SetUpProps } from './way.ts'
import { words } from './words.ts'

/** One press: uses the passkey, and makes one first if there is none. */
export function SetUpPasskey({ done, cancel }: SetUpProps) {
  const ask = useAsk()
  const [failure, setFailure] = useState<Failure>()
  const [canMake, setCanMake] = useState(false)

  useEffect(() => {
    use()
  }, [])

  async function use(justMade = false): Promise<void> {
    setFailure(undefined)
    const begun = await ask(() => latchkey.settings.mfaSignIn.post({ mfaMethod: 'passkey' }))
    if (!begun) return cancel ? cancel() : setFailure({ message: words.stepUp.why })
    if (!begun.ok) {
      return begun.problem.code === 'method_not_set_up' ? make() : setFailure(whyNot(begun))
    }
    if (begun.status === 200) return done(begun.data)
    if (begun.data.status !== 'assertionRequired') return
    const assertion = await getPasskey(begun.data.options).catch(() => undefined)
    if (!assertion) {
      setCanMake(!justMade)
      return setFailure({ message: justMade ? words.passkey.made : words.passkey.notShown })
    }
    const answer = await ask(() =>
      latchkey.settings.mfaSignIn.post({ mfaMethod: 'passkey', assertion }),
    )
    if (!answer) return
    if (!answer.ok) setFailure(whyNot(answer))
    else if (answer.status === 200) done(answer.data)
  }

  async function make(): Promise<void> {
    setFailure(undefined)
    const made = await addPasskey(ask)
    if (!made) return setFailure({ message: words.passkey.notMade })
    if ('failure' in made) return setFailure(made.failure)
    return use(true)
  }

  return (
    <div class="stack">
      <StepTitle>{words.passkey.title}</StepTitle>
      {failure ? <Notice>{failure.message}</Notice> : <p>{words.passkey.explain}</p>}
      <Button kind="primary" busy={!failure} onClick={() => use()}>
        {words.passkey.use}
      </Button>
      {failure && canMake && <Button onClick={make}>{words.passkey.makeHere}</Button>}
      {cancel && <Cancel onClick={cancel} />}
    </div>
  )
}
