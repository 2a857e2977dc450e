import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Authorization, Settings } from '../../../client/latchkey.ts'
import { Button } from '../components/button.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading } from '../components/page.tsx'
import { type Failure, failureOf } from '../failure.ts'
import { navigateTo } from '../return-to.ts'
import { useStepUpRequest } from '../security/step-up-context.tsx'
import { StepUpDialog } from '../security/step-up-dialog.tsx'
import { guest, latchkey } from '../session.ts'
import { text } from '../text.ts'

/** Goes on to the application that sent a signed-in person here, once they are signed in as it asks. */
export function GoOn({ interaction }: { interaction: string }) {
  const { withStepUp, request: stepUp } = useStepUpRequest()
  const [app, setApp] = useState<Authorization['app']>()
  const [settings, setSettings] = useState<Settings>()
  const [failure, setFailure] = useState<Failure>()

  const goOn = useCallback(async () => {
    const result = await withStepUp(() => latchkey.auth.authorization.post({ interaction }))
    if (!result) return
    if (result.ok) await navigateTo(result.data.redirectTo)
    else setFailure(failureOf(result))
  }, [])
  useEffect(() => {
    goOn()
  }, [])

  useEffect(() => {
    if (stepUp) load()
  }, [stepUp])

  async function load() {
    const [described, own] = await Promise.all([
      guest.auth.authorization.get({ interaction }),
      latchkey.settings.get(),
    ])
    if (described.ok) setApp(described.data.app)
    if (own.ok) setSettings(own.data)
  }

  if (failure) {
    return (
      <section class="card stack">
        <Heading>{text.titles['app-error']}</Heading>
        <Notice kind="error">{failure.message}</Notice>
      </section>
    )
  }
  if (!app) return <p class="soft">{text.common.working}</p>
  return (
    <>
      <section class="card stack">
        <Heading>{text.apps.confirmTitle}</Heading>
        <p>{text.apps.confirmFor(app.name)}</p>
        <Button kind="primary" onClick={goOn}>
          {text.apps.confirm}
        </Button>
      </section>
      {stepUp && settings && (
        <StepUpDialog
          request={stepUp}
          why={text.apps.confirmFor(app.name)}
          email={settings.email}
          hasPassword={settings.hasPassword}
          hasPasskeys={settings.passkeys.some(({ pending }) => !pending)}
        />
      )}
    </>
  )
}
