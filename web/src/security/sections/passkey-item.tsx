import type { Passkey } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Form } from '../../components/form.tsx'
import { passkeysSupported } from '../../passkey.ts'
import { latchkey } from '../../session.ts'
import { CancelButton } from '../cancel-button.tsx'
import { dateOf, t } from '../i18n.ts'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'

export function PasskeyItem(props: {
  passkey: Passkey
  onConfirm: () => Promise<void>
  onRename: () => void
  onRemove: () => void
}) {
  const { passkey, onConfirm, onRename, onRemove } = props
  const { name, createdAt, lastUsedAt, backedUp, pending } = passkey
  return (
    <>
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
      {pending && (
        <div class="entry">
          <p>{t.passkeys.unconfirmed}</p>
          {passkeysSupported && (
            <Button label={t.passkeys.confirmOne(name)} onClick={onConfirm}>
              {t.confirm.submit}
            </Button>
          )}
        </div>
      )}
    </>
  )
}

export function RenamePasskey(props: {
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
