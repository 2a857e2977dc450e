import { useState } from 'preact/hooks'
import type { Passkey } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Form } from '../../components/form.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { passkeysSupported } from '../../passkey.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { addPasskey } from '../add-passkey.ts'
import { CancelButton } from '../cancel-button.tsx'
import { ConfirmDialog } from '../dialog.tsx'
import { ExpandableList } from '../expandable-list.tsx'
import { dateOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'

export function PasskeysSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const { passkeys, email } = settings
  const withStepUp = useStepUp()
  const section = useSection()
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
    section.announce(`${t.passkeys.isAdded(result.added.name)} ${t.notifiedByEmail(email)}`)
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
      <p>
        {t.passkeys.about} {passkeys.length === 0 && t.passkeys.none}
      </p>
      {passkeys.length > 0 && (
        <ExpandableList items={passkeys}>
          {(passkey) =>
            renamingId === passkey.id ? (
              <RenameForm passkey={passkey} onDone={handleRenamed} onCancel={cancel} />
            ) : (
              <PasskeyItem
                passkey={passkey}
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

function PasskeyItem(props: { passkey: Passkey; onRename: () => void; onRemove: () => void }) {
  const { passkey, onRename, onRemove } = props
  const { name, createdAt, lastUsedAt, backedUp } = passkey
  return (
    <div class="entry">
      <div>
        <b>{name}</b>
        <p class="soft">
          {t.passkeys.added(dateOf(createdAt))}{' '}
          {lastUsedAt ? t.passkeys.lastUsed(dateOf(lastUsedAt)) : t.passkeys.neverUsed}{' '}
          {backedUp && t.passkeys.backedUp}
        </p>
      </div>
      <div class="buttons">
        <Button label={t.passkeys.renameOne(name)} onClick={onRename}>
          {t.passkeys.rename}
        </Button>
        <Button label={t.passkeys.removeOne(name)} onClick={onRemove}>
          {t.remove}
        </Button>
      </div>
    </div>
  )
}

function RenameForm(props: {
  passkey: Passkey
  onDone: (renamed: Passkey) => void
  onCancel: () => void
}) {
  const { passkey, onDone, onCancel } = props
  const withStepUp = useStepUp()

  async function rename({ name = '' }: Record<string, string>) {
    const result = await withStepUp(() =>
      latchkey.settings.passkeys.byId(passkey.id).patch({ name: name.trim() }),
    )
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    onDone(result.data)
    return undefined
  }

  return (
    <Form onSubmit={rename} submitLabel={t.save} footer={<CancelButton onClick={onCancel} />}>
      {(errorFor) => (
        <Field
          name="name"
          label={t.passkeys.name}
          defaultValue={passkey.name}
          autocomplete="off"
          maxLength={64}
          autofocus
          required
          error={errorFor('name')}
        />
      )}
    </Form>
  )
}
