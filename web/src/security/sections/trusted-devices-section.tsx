import { useState } from 'preact/hooks'
import type { TrustedDevice } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { ExpandableList } from '../expandable-list.tsx'
import { dateOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'
import { describeUserAgent } from '../user-agent.ts'

/** Devices that skip the second step for a while. */
export function TrustedDevicesSection({ account, onChange }: SectionProps) {
  const { trustedDevices } = account
  const withStepUp = useStepUp()
  const section = useSection()
  const [failure, setFailure] = useState<Failure>()

  async function revoke({ id, name }: TrustedDevice) {
    setFailure(undefined)
    const result = await withStepUp(() => latchkey.settings.trustedDevices.byId(id).delete())
    if (!result) return
    // Not found: the device has already been revoked.
    if (!result.ok && result.problem.code !== 'not_found')
      return setFailure(securityFailureOf(result))
    onChange(result.ok ? { trustedDevices: result.data.trustedDevices } : {})
    section.announce(t.trustedDevices.isRevoked(describeUserAgent(name)))
  }

  async function revokeAll() {
    setFailure(undefined)
    const result = await withStepUp(() => latchkey.settings.trustedDevices.delete())
    if (!result) return
    if (!result.ok) return setFailure(securityFailureOf(result))
    onChange({ trustedDevices: result.data.trustedDevices })
    section.announce(t.trustedDevices.areRevoked)
  }

  if (trustedDevices.length === 0 && !section.announcement) return null
  return (
    <Section state={section} title={t.trustedDevices.title}>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <ExpandableList items={trustedDevices}>
        {(device) => (
          <div class="entry">
            <div>
              <b>{describeUserAgent(device.name)}</b>
              <p class="soft">
                {t.trustedDevices.since(dateOf(device.createdAt))},{' '}
                {t.trustedDevices.until(dateOf(device.expiresAt))}
              </p>
            </div>
            <Button
              label={t.trustedDevices.revokeOne(describeUserAgent(device.name))}
              onClick={() => revoke(device)}
            >
              {t.trustedDevices.revoke}
            </Button>
          </div>
        )}
      </ExpandableList>
      {trustedDevices.length > 1 && (
        <div class="buttons">
          <Button onClick={revokeAll}>{t.trustedDevices.revokeAll}</Button>
        </div>
      )}
    </Section>
  )
}
