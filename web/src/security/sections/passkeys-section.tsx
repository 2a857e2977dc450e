import { useState } from 'preact/hooks'
import type { Passkey } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { Form } from '../../components/form.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { passkeysSupported } from '../../passkey.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { addPasskey } from '../add-passkey.ts'
import { CancelButton } from '../cancel-button.tsx'
import { CurrentPassword } from '../current-password.tsx'
import { ConfirmDialog } from '../dialog.tsx'
import { ExpandableList } from '../expandable-list.tsx'
import { t } from '../i18n.ts'
import { useNewRecoveryCodes } from '../new-recovery-codes.tsx'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { provePasskey } from '../set-up/prove-passkey.ts'
import { useTurnOn } from '../set-up/use-turn-on.ts'
import { useStepUp } from '../step-up-context.tsx'
import { PasskeyItem, RenamePasskey } from './passkey-item.tsx'

export function PasskeysSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const { passkeys, email } = settings
  const withStepUp = useStepUp()
  const turnOn = useTurnOn({ confirming: true })
  const section = useSection()
  const { announce, newCodes } = useNewRecoveryCodes(section, email)
  const [failure, setFailure] = useState<Failure>()
  const [adding, setAdding] = useState(false)
  const [renamingId, setRenamingId] = useState<string>()
  const [removing, setRemoving] = useState<Passkey>()

  const updatePasskeys = (passkeys: Passkey[]) => onChange({ settings: { ...settings, passkeys } })

  async function startAdding() {
    setFailure(undefined)
    section.clear()
    if (settings.hasPassword) setAdding(true)
    else setFailure(await add({}))
  }

  async function add({ currentPassword }: Record<string, string>): Promise<Failure | undefined> {
    const result = await addPasskey(withStepUp, currentPassword)
    if (!result) return undefined
    if ('failure' in result) return result.failure
    setAdding(false)
    updatePasskeys([result.added, ...passkeys])
    const { name, pending } = result.added
    const message = pending ? t.passkeys.isAddedUnconfirmed(name) : t.passkeys.isAdded(name)
    section.announce(`${message} ${t.notifiedByEmail(email)}`)
    return undefined
  }

  async function confirm({ id, name }: Passkey) {
    setFailure(undefined)
    section.clear()
    const result = await provePasskey(turnOn, id)
    if (!result) return
    if (result === 'notUsed') return setFailure({ message: t.confirm.passkeyNotUsed })
    if (!result.ok) return setFailure(securityFailureOf(result))
    if (result.status !== 200) return
    const { recoveryCodes, ...mfaSignIn } = result.data
    const confirmed = passkeys.map((one) => (one.id === id ? { ...one, pending: false } : one))
    onChange({ settings: { ...settings, mfaSignIn, passkeys: confirmed } })
    announce(`${t.passkeys.isConfirmed(name)} ${t.notifiedByEmail(email)}`, recoveryCodes)
  }

  async function remove(): Promise<Failure | undefined> {
    if (!removing) return undefined
    const { id, name } = removing
    const result = await withStepUp(() => latchkey.settings.passkeys.byId(id).delete())
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    setRemoving(undefined)
    onChange({ settings: { ...settings, ...result.data } })
    section.announce(`${t.passkeys.isRemoved(name)} ${t.notifiedByEmail(email)}`)
    return undefined
  }

  function handleRenamed(renamed: Passkey) {
    setRenamingId(undefined)
    updatePasskeys(passkeys.map((passkey) => (passkey.id === renamed.id ? renamed : passkey)))
    section.announce(t.passkeys.isRenamed(renamed.name))
  }

  function cancel() {
    setAdding(false)
    setRenamingId(undefined)
    section.focusHeading()
  }

  return (
    <Section state={section} title={t.passkeys.title}>
      {newCodes ?? (
        <>
          <p>
            {t.passkeys.about} {passkeys.length === 0 && t.passkeys.none}
          </p>
          {passkeys.length > 0 && (
            <ExpandableList items={passkeys}>
              {(passkey) =>
                renamingId === passkey.id ? (
                  <RenamePasskey passkey={passkey} onDone={handleRenamed} onCancel={cancel} />
                ) : (
                  <PasskeyItem
                    passkey={passkey}
                    onConfirm={() => confirm(passkey)}
                    onRename={() => {
                      section.clear()
                      setRenamingId(passkey.id)
                    }}
                    onRemove={() => setRemoving(passkey)}
                  />
                )
              }
            </ExpandableList>
          )}
          {failure && <Notice kind="error">{failure.message}</Notice>}
          {adding ? (
            <Form
              onSubmit={add}
              submitLabel={t.passkeys.add}
              footer={<CancelButton onClick={cancel} />}
            >
              {(errorFor) => (
                <>
                  <p>{t.stepUp.why}</p>
                  <CurrentPassword settings={settings} errorFor={errorFor} autofocus />
                </>
              )}
            </Form>
          ) : passkeysSupported ? (
            <div class="buttons">
              <Button onClick={startAdding}>{t.passkeys.add}</Button>
            </div>
          ) : (
            <p class="soft">{t.passkeys.unsupported}</p>
          )}
        </>
      )}
      {removing && (
        <ConfirmDialog
          title={t.passkeys.removeTitle(removing.name)}
          description={t.passkeys.removeMeans}
          confirmLabel={t.remove}
          cancelLabel={t.passkeys.keep}
          onConfirm={remove}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </Section>
  )
}
