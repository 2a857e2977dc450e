import { useEffect, useState } from 'preact/hooks'
import type { MfaMethod, MfaSignIn, MfaSignInOn } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { config } from '../../config.ts'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { ConfirmDialog } from '../dialog.tsx'
import { listOf, t } from '../i18n.ts'
import { useNewRecoveryCodes } from '../new-recovery-codes.tsx'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { SetUp, SetUpMethod } from '../set-up/set-up.tsx'
import { useStepUp } from '../step-up-context.tsx'
import { PendingMethods } from './pending-methods.tsx'
import {
  canRemove,
  type RemovableMethod,
  RemoveMethodDialog,
  removableMethods,
} from './remove-method-dialog.tsx'

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
  const [confirming, setConfirming] = useState<MfaMethod>()
  const { announce, newCodes } = useNewRecoveryCodes(section, email)

  useEffect(() => {
    if (!settingUp) return
    section.clear()
    setConfirming(undefined)
  }, [settingUp])

  const updateMfaSignIn = (mfaSignIn: MfaSignIn) =>
    onChange({ settings: { ...settings, mfaSignIn } })

  function handleEnabled({ recoveryCodes, ...mfaSignIn }: MfaSignInOn) {
    closeSetUp()
    updateMfaSignIn(mfaSignIn)
    announce(
      confirming ? `${t.confirm.done[confirming]} ${t.notifiedByEmail(email)}` : t.mfa.isOn,
      recoveryCodes,
    )
  }

  function startConfirming(method: MfaMethod) {
    section.clear()
    setConfirming(method)
  }

  function closeSetUp() {
    onSetUp(undefined)
    setConfirming(undefined)
  }

  function cancel() {
    closeSetUp()
    section.focusHeading()
  }

  return (
    <Section state={section} title={t.mfa.title}>
      <MfaStatus {...mfaSignIn} />
      {newCodes ??
        (settingUp ? (
          <SetUp
            settings={settings}
            initialMethod={settingUp === 'choose' ? undefined : settingUp}
            onDone={handleEnabled}
            onCancel={cancel}
          />
        ) : confirming ? (
          <SetUpMethod
            confirming
            method={confirming}
            settings={settings}
            onDone={handleEnabled}
            onCancel={cancel}
          />
        ) : (
          <>
            <PendingMethods settings={settings} onConfirm={startConfirming} />
            <MfaActions {...props} announce={section.announce} onUpdate={updateMfaSignIn} />
          </>
        ))}
    </Section>
  )
}

function MfaStatus({ mfaMethod, availableMethods, mfaEmail }: MfaSignIn) {
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
  const nameOf = (method: MfaMethod) =>
    method === 'email' ? `${t.methods.email} (${mfaEmail})` : t.methods[method]
  const others = availableMethods.filter((method) => method !== mfaMethod)
  return (
    <div class="mfa-status on">
      <p>
        <strong>{t.mfa.on(nameOf(mfaMethod))}</strong>
      </p>
      {others.length > 0 && <p class="soft">{t.mfa.alsoWorks(listOf(others.map(nameOf)))}</p>}
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
  const removable = removableMethods.filter((method) => canRemove(method, settings))
  const withStepUp = useStepUp()
  const [confirming, setConfirming] = useState<'off' | RemovableMethod>()

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
      {removable.length > 0 && (
        <div class="buttons">
          {removable.map((method) => (
            <Button key={method} kind="link" onClick={() => setConfirming(method)}>
              {t.removal[method].start}
            </Button>
          ))}
        </div>
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
      {confirming && confirming !== 'off' && (
        <RemoveMethodDialog
          {...props}
          method={confirming}
          onClose={() => setConfirming(undefined)}
        />
      )}
    </>
  )
}
