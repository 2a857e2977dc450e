import { useState } from 'preact/hooks'
import type { TrustedDevice } from '../../../client/latchkey.ts'
import { Button, type Failure, Notice } from '../forms.tsx'
import { latchkey } from '../session.ts'
import type { SectionProps } from './account.ts'
import { useAsk } from './asking.tsx'
import { deviceOf } from './device.ts'
import { Entries, Section, useSection } from './parts.tsx'
import { whyNot } from './problems.ts'
import { dateOf, words } from './words.ts'

/** Devices where the password is enough for a while. */
export function DevicesSection({ account, changed }: SectionProps) {
  const { devices } = account
  const ask = useAsk()
  const section = useSection()
  const [failure, setFailure] = useState<Failure>()

  async function forget({ id, name }: TrustedDevice) {
    setFailure(undefined)
    const answer = await ask(() => latchkey.settings.trustedDevices.byId(id).delete())
    if (!answer) return
    // Whoever else had it forgotten did the same.
    if (!answer.ok && answer.problem.code !== 'not_found') return setFailure(whyNot(answer))
    changed(answer.ok ? { devices: answer.data.trustedDevices } : {})
    section.say(words.devices.isForgotten(deviceOf(name)))
  }

  async function forgetAll() {
    setFailure(undefined)
    const answer = await ask(() => latchkey.settings.trustedDevices.delete())
    if (!answer) return
    if (!answer.ok) return setFailure(whyNot(answer))
    changed({ devices: answer.data.trustedDevices })
    section.say(words.devices.areForgotten)
  }

  if (devices.length === 0 && !section.said) return null
  return (
    <Section state={section} title={words.devices.title}>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Entries all={devices}>
        {(one) => (
          <div class="entry">
            <div>
              <b>{deviceOf(one.name)}</b>
              <p class="soft">
                {words.devices.since(dateOf(one.createdAt))},{' '}
                {words.devices.until(dateOf(one.expiresAt))}
              </p>
            </div>
            <Button label={words.devices.forgetOne(deviceOf(one.name))} onClick={() => forget(one)}>
              {words.devices.forget}
            </Button>
          </div>
        )}
      </Entries>
      {devices.length > 1 && (
        <div class="buttons">
          <Button onClick={forgetAll}>{words.devices.forgetAll}</Button>
        </div>
      )}
    </Section>
  )
}
