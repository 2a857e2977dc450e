import { useState } from 'preact/hooks'
import type { Passkey } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { passkeysSupported } from '../../passkey.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { addPasskey } from '../add-passkey.ts'
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
  const [renamingId, setRenamingId] = useState<string>()
  const [removing, setRemoving] = useState<Passkey>()

  const updatePasskeys = (passkeys: Passkey[]) => onChange({ settings: { ...settings, passkeys } })

  async function add() {
    setFailure(undefined)
    section.clear()
    const result = await addPasskey(withStepUp)
    if (!result) return
    if ('failure' in result) return setFailure(result.failure)
    updatePasskeys([result.added, ...passkeys])
    const { name, pending } = result.added
    const message = pending ? t.passkeys.isAddedUnconfirmed(name) : t.passkeys.isAdded(name)
    section.announce(`${message} ${t.notifiedByEmail(email)}`)
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
          {passkeysSupported ? (
            <div class="buttons">
              <Button onClick={add}>{t.passkeys.add}</Button>
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
