import { useEffect, useState } from 'preact/hooks'
import type { MfaMethod, MfaSignIn, MfaSignInOn } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { config } from '../../config.ts'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { ConfirmDialog } from '../dialog.tsx'
import { listOf, t } from '../i18n.ts'
import { NewRecoveryCodes } from '../new-recovery-codes.tsx'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { SetUp } from '../set-up/set-up.tsx'
import { useStepUp } from '../step-up-context.tsx'

/** The method being set up, or `choose` while none has been chosen. */
export type SetUpChoice = MfaMethod | 'choose'

export function MfaSection(
  props: SectionProps & {
    settingUp: SetUpChoice | undefined
    onSetUp: (choice: SetUpChoice | undefined) => void
  },
) {
  const { account, onChange, settingUp, onSetUp } = props
  const { settings } = account
  const { mfaSignIn, email } = settings
  const section = useSection()
  const [codes, setCodes] = useState<string[]>()

  useEffect(() => {
    if (settingUp) section.clear()
  }, [settingUp])

  const updateMfaSignIn = (mfaSignIn: MfaSignIn) =>
    onChange({ settings: { ...settings, mfaSignIn } })

  function handleEnabled({ recoveryCodes, ...mfaSignIn }: MfaSignInOn) {
    onSetUp(undefined)
    updateMfaSignIn(mfaSignIn)
    if (recoveryCodes) setCodes(recoveryCodes)
    else section.announce(t.mfa.isOn)
  }

  function cancel() {
    onSetUp(undefined)
    section.focusHeading()
  }

  function handleCodesSaved() {
    setCodes(undefined)
    section.announce(t.mfa.isOn)
  }

  return (
    <Section state={section} title={t.mfa.title}>
      <MfaStatus {...mfaSignIn} />
      {codes ? (
        <NewRecoveryCodes codes={codes} email={email} onDone={handleCodesSaved} />
      ) : settingUp ? (
        <SetUp
          settings={settings}
          initialMethod={settingUp === 'choose' ? undefined : settingUp}
          onDone={handleEnabled}
          onCancel={cancel}
        />
      ) : (
        <MfaActions {...props} announce={section.announce} onUpdate={updateMfaSignIn} />
      )}
    </Section>
  )
}

function MfaStatus({ mfaMethod, availableMethods }: MfaSignIn) {
  if (!mfaMethod) {
    return (
      <div class="mfa-status">
        <p>
          <strong>{t.mfa.off}</strong>
        </p>
        <p>{t.mfa.offMeans}</p>
      </div>
    )
  }
  const others = availableMethods.filter((method) => method !== mfaMethod)
  return (
    <div class="mfa-status on">
      <p>
        <strong>{t.mfa.on(t.methods[mfaMethod])}</strong>
      </p>
      {others.length > 0 && (
        <p class="soft">{t.mfa.alsoSetUp(listOf(others.map((method) => t.methods[method])))}</p>
      )}
    </div>
  )
}

function MfaActions(
  props: SectionProps & {
    onSetUp: (choice: SetUpChoice) => void
    announce: (message: string) => void
    onUpdate: (mfaSignIn: MfaSignIn) => void
  },
) {
  const { account, onSetUp, announce, onUpdate } = props
  const { settings } = account
  const { enabled } = settings.mfaSignIn
  const withStepUp = useStepUp()
  const [confirming, setConfirming] = useState<'off' | 'removeAuthenticator'>()

  async function turnOff(): Promise<Failure | undefined> {
    const result = await withStepUp(() => latchkey.settings.mfaSignIn.delete())
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    setConfirming(undefined)
    onUpdate(result.data)
    announce(t.mfa.isOff(settings.email))
    return undefined
  }

  return (
    <>
      <div class="buttons">
        <Button kind={enabled ? undefined : 'primary'} onClick={() => onSetUp('choose')}>
          {enabled ? t.mfa.change : t.mfa.turnOn}
        </Button>
        {enabled && config.mfaPolicy === 'optional' && (
          <Button onClick={() => setConfirming('off')}>{t.mfa.turnOff}</Button>
        )}
      </div>
      {enabled && config.mfaPolicy === 'required' && (
        <p class="soft">{t.mfa.required(config.brandName)}</p>
      )}
      {settings.mfaSecret.confirmed && (
        <Button kind="link" onClick={() => setConfirming('removeAuthenticator')}>
          {t.mfa.removeAuthenticator}
        </Button>
      )}
      {confirming === 'off' && (
        <ConfirmDialog
          title={t.mfa.turnOffTitle}
          description={t.mfa.turnOffMeans}
          confirmLabel={t.mfa.turnOff}
          cancelLabel={t.mfa.keepOn}
          onConfirm={turnOff}
          onClose={() => setConfirming(undefined)}
        />
      )}
      {confirming === 'removeAuthenticator' && (
        <RemoveAuthenticatorDialog {...props} onClose={() => setConfirming(undefined)} />
      )}
    </>
  )
}

function RemoveAuthenticatorDialog(
  props: SectionProps & { announce: (message: string) => void; onClose: () => void },
) {
  const { account, onChange, announce, onClose } = props
  const { settings } = account
  const { enabled, availableMethods } = settings.mfaSignIn
  const withStepUp = useStepUp()
  const nextMethod = availableMethods.find((method) => method !== 'authenticator')

  async function remove(): Promise<Failure | undefined> {
    const result = await withStepUp(() => latchkey.settings.mfaSecret.delete())
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    const { mfaSignIn } = result.data
    onClose()
    onChange({
      settings: { ...settings, mfaSignIn, mfaSecret: { confirmed: false, confirmedAt: null } },
    })
    announce(`${t.mfa.authenticatorRemoved} ${t.notifiedByEmail(settings.email)}`)
    return undefined
  }

  return (
    <ConfirmDialog
      title={t.mfa.removeAuthenticatorTitle}
      description={
        enabled && nextMethod
          ? t.mfa.removeAuthenticatorMeans(t.methods[nextMethod])
          : t.mfa.removeAuthenticatorWhileOff
      }
      confirmLabel={t.remove}
      cancelLabel={t.mfa.keepIt}
      onConfirm={remove}
      onClose={onClose}
    />
  )
}
