import { useState } from 'preact/hooks'
import type { Passkey } from '../../../client/latchkey.ts'
import { Button, type Failure, Field, Form, Notice } from '../forms.tsx'
import { passkeysWork } from '../passkey.ts'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { addPasskey } from './add-passkey.ts'
import { useAsk } from './asking.tsx'
import { Cancel, Confirm } from './dialog.tsx'
import { Entries, Section, useSection } from './parts.tsx'
import { whyNot } from './problems.ts'
import { dateOf, words } from './words.ts'

/** The passkeys: another one, another name, one less. */
export function PasskeysSection({ account, changed }: SectionProps) {
  const { settings } = account
  const { passkeys, email } = settings
  const ask = useAsk()
  const section = useSection()
  const [failure, setFailure] = useState<Failure>()
  const [renaming, setRenaming] = useState<string>()
  const [removing, setRemoving] = useState<Passkey>()

  const show = (now: Passkey[]) => changed({ settings: { ...settings, passkeys: now } })

  async function add() {
    setFailure(undefined)
    section.clear()
    const made = await addPasskey(ask)
    if (!made) return
    if ('failure' in made) return setFailure(made.failure)
    show([made.added, ...passkeys])
    section.say(`${words.passkeys.isAdded(made.added.name)} ${words.toldByEmail(email)}`)
  }

  async function remove(): Promise<Failure | undefined> {
    if (!removing) return undefined
    const { id, name } = removing
    const answer = await ask(() => latchkey.settings.passkeys.byId(id).delete())
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer)
    setRemoving(undefined)
    changed({ settings: { ...settings, ...answer.data } })
    section.say(`${words.passkeys.isRemoved(name)} ${words.toldByEmail(email)}`)
    return undefined
  }

  function renamed(now: Passkey) {
    setRenaming(undefined)
    show(passkeys.map((one) => (one.id === now.id ? now : one)))
    section.say(words.passkeys.isRenamed(now.name))
  }

  function cancel() {
    setRenaming(undefined)
    section.back()
  }

  return (
    <Section state={section} title={words.passkeys.title}>
      <p>
        {words.passkeys.about} {passkeys.length === 0 && words.passkeys.none}
      </p>
      {passkeys.length > 0 && (
        <Entries all={passkeys}>
          {(one) =>
            renaming === one.id ? (
              <Rename passkey={one} done={renamed} cancel={cancel} />
            ) : (
              <One
                passkey={one}
                rename={() => {
                  section.clear()
                  setRenaming(one.id)
                }}
                remove={() => setRemoving(one)}
              />
            )
          }
        </Entries>
      )}
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      {passkeysWork ? (
        <div class="buttons">
          <Button onClick={add}>{words.passkeys.add}</Button>
        </div>
      ) : (
        <p class="soft">{words.passkeys.cant}</p>
      )}
      {removing && (
        <Confirm
          title={words.passkeys.removeTitle(removing.name)}
          means={words.passkeys.removeMeans}
          yes={words.remove}
          no={words.passkeys.keep}
          onYes={remove}
          close={() => setRemoving(undefined)}
        />
      )}
    </Section>
  )
}

function One(props: { passkey: Passkey; rename: () => void; remove: () => void }) {
  const { passkey, rename, remove } = props
  const { name, createdAt, lastUsedAt, backedUp } = passkey
  return (
    <div class="entry">
      <div>
        <b>{name}</b>
        <p class="soft">
          {words.passkeys.added(dateOf(createdAt))}{' '}
          {lastUsedAt ? words.passkeys.lastUsed(dateOf(lastUsedAt)) : words.passkeys.neverUsed}{' '}
          {backedUp && words.passkeys.backedUp}
        </p>
      </div>
      <div class="buttons">
        <Button label={words.passkeys.renameOne(name)} onClick={rename}>
          {words.passkeys.rename}
        </Button>
        <Button label={words.passkeys.removeOne(name)} onClick={remove}>
          {words.remove}
        </Button>
      </div>
    </div>
  )
}

function Rename(props: { passkey: Passkey; done: (now: Passkey) => void; cancel: () => void }) {
  const { passkey, done, cancel } = props
  const ask = useAsk()

  async function rename({ name = '' }: Record<string, string>) {
    const answer = await ask(() =>
      latchkey.settings.passkeys.byId(passkey.id).patch({ name: name.trim() }),
    )
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer)
    done(answer.data)
    return undefined
  }

  return (
    <Form onSubmit={rename} submit={words.save} after={<Cancel onClick={cancel} />}>
      {(failureOf) => (
        <Field
          name="name"
          label={words.passkeys.name}
          defaultValue={passkey.name}
          autocomplete="off"
          maxLength={64}
          autofocus
          required
          error={failureOf('name')}
        />
      )}
    </Form>
  )
}
