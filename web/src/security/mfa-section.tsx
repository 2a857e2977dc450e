import { useEffect, useState } from 'preact/hooks'
import type { MfaMethod, MfaSignIn, MfaSignInOn } from '../../../client/latchkey.ts'
import { config } from '../config.ts'
import { Button, type Failure } from '../forms.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { useAsk } from './asking.tsx'
import { Confirm } from './dialog.tsx'
import { NewCodes } from './new-codes.tsx'
import { Section, useSection } from './parts.tsx'
import { whyNot } from './problems.ts'
import { SetUp } from './set-up.tsx'
import { listOf, words } from './words.ts'

/** The second step that is being set up: which, or that one is to be chosen. */
export type SettingUp = MfaMethod | 'choose'

/** Whether signing in asks for a second step, and for which; on, off, and another one. */
export function MfaSection(
  props: SectionProps & {
    settingUp: SettingUp | undefined
    setUp: (what: SettingUp | undefined) => void
  },
) {
  const { account, changed, settingUp, setUp } = props
  const { settings } = account
  const { mfaSignIn, email } = settings
  const section = useSection()
  const [codes, setCodes] = useState<string[]>()

  useEffect(() => {
    if (settingUp) section.clear()
  }, [settingUp])

  const show = (now: MfaSignIn) => changed({ settings: { ...settings, mfaSignIn: now } })

  function isOn({ recoveryCodes, ...now }: MfaSignInOn) {
    setUp(undefined)
    show(now)
    if (recoveryCodes) setCodes(recoveryCodes)
    else section.say(words.mfa.isOn)
  }

  function cancel() {
    setUp(undefined)
    section.back()
  }

  function codesKept() {
    setCodes(undefined)
    section.say(words.mfa.isOn)
  }

  return (
    <Section state={section} title={words.mfa.title}>
      <State {...mfaSignIn} />
      {codes ? (
        <NewCodes codes={codes} email={email} done={codesKept} />
      ) : settingUp ? (
        <SetUp
          settings={settings}
          start={settingUp === 'choose' ? undefined : settingUp}
          done={isOn}
          cancel={cancel}
        />
      ) : (
        <Changes {...props} say={section.say} show={show} />
      )}
    </Section>
  )
}

/** What holds, in words, before anything can be pressed. */
function State({ mfaMethod, availableMethods }: MfaSignIn) {
  if (!mfaMethod) {
    return (
      <div class="state off">
        <p>
          <strong>{words.mfa.off}</strong>
        </p>
        <p>{words.mfa.offMeans}</p>
      </div>
    )
  }
  const others = availableMethods.filter((method) => method !== mfaMethod)
  return (
    <div class="state on">
      <p>
        <strong>{words.mfa.on(words.methods[mfaMethod])}</strong>
      </p>
      {others.length > 0 && (
        <p class="soft">{words.mfa.alsoSetUp(listOf(others.map((name) => words.methods[name])))}</p>
      )}
    </div>
  )
}

function Changes(
  props: SectionProps & {
    setUp: (what: SettingUp) => void
    say: (what: string) => void
    show: (now: MfaSignIn) => void
  },
) {
  const { account, setUp, say, show } = props
  const { settings } = account
  const { enabled } = settings.mfaSignIn
  const ask = useAsk()
  const [asking, setAsking] = useState<'off' | 'removeApp'>()

  async function turnOff(): Promise<Failure | undefined> {
    const answer = await ask(() => latchkey.settings.mfaSignIn.delete())
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer)
    setAsking(undefined)
    show(answer.data)
    say(words.mfa.isOff(settings.email))
    return undefined
  }

  return (
    <>
      <div class="buttons">
        <Button kind={enabled ? undefined : 'primary'} onClick={() => setUp('choose')}>
          {enabled ? words.mfa.change : words.mfa.turnOn}
        </Button>
        {enabled && config.mfaPolicy === 'optional' && (
          <Button onClick={() => setAsking('off')}>{words.mfa.turnOff}</Button>
        )}
      </div>
      {enabled && config.mfaPolicy === 'required' && (
        <p class="soft">{words.mfa.required(config.name)}</p>
      )}
      {settings.mfaSecret.confirmed && (
        <Button kind="link" onClick={() => setAsking('removeApp')}>
          {words.mfa.removeApp}
        </Button>
      )}
      {asking === 'off' && (
        <Confirm
          title={words.mfa.turnOffTitle}
          means={words.mfa.turnOffMeans}
          yes={words.mfa.turnOff}
          no={words.mfa.keepOn}
          onYes={turnOff}
          close={() => setAsking(undefined)}
        />
      )}
      {asking === 'removeApp' && <RemoveApp {...props} close={() => setAsking(undefined)} />}
    </>
  )
}

function RemoveApp(props: SectionProps & { say: (what: string) => void; close: () => void }) {
  const { account, changed, say, close } = props
  const { settings } = account
  const { enabled, availableMethods } = settings.mfaSignIn
  const ask = useAsk()
  const next = availableMethods.find((method) => method !== 'authenticator')

  async function remove(): Promise<Failure | undefined> {
    const answer = await ask(() => latchkey.settings.mfaSecret.delete())
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer)
    const { mfaSignIn } = answer.data
    close()
    changed({
      settings: { ...settings, mfaSignIn, mfaSecret: { confirmed: false, confirmedAt: null } },
    })
    say(`${words.mfa.appRemoved} ${words.toldByEmail(settings.email)}`)
    return undefined
  }

  return (
    <Confirm
      title={words.mfa.removeAppTitle}
      means={
        enabled && next
          ? words.mfa.removeAppMeans(words.methods[next])
          : words.mfa.removeAppWhileOff
      }
      yes={words.remove}
      no={words.mfa.keepIt}
      onYes={remove}
      close={close}
    />
  )
}
