import type { Passkey } from '../../../client/latchkey.ts'
import type { Failure } from '../failure.ts'
import { createPasskey } from '../passkey.ts'
import { latchkey } from '../session.ts'
import { text } from '../text.ts'
import { t } from './i18n.ts'
import { securityFailureOf } from './security-failure.ts'
import { confirmCall, type WithStepUp } from './step-up-context.tsx'
import { describeUserAgent } from './user-agent.ts'

/**
 * Creates a passkey, named after this device.
 *
 * @param currentPassword undefined if the account has none
 * @returns undefined if it was cancelled
 */
export async function addPasskey(
  withStepUp: WithStepUp,
  currentPassword: string | undefined,
): Promise<{ added: Passkey } | { failure: Failure } | undefined> {
  const started = await confirmCall(
    withStepUp,
    (assertion) => latchkey.settings.passkeys.post({ currentPassword, assertion }),
    currentPassword,
  )
  if (!started) return undefined
  if (!started.ok) return { failure: securityFailureOf(started) }
  const response = await createPasskey(started.data.options).catch(() => 'failed' as const)
  if (response === 'failed') return { failure: { message: text.problems.passkey_failed } }
  if (!response) return undefined
  if (response === 'alreadyRegistered') return { failure: { message: t.problems.passkey_known } }
  const name = describeUserAgent(navigator.userAgent).slice(0, 64)
  const added = await withStepUp(() => latchkey.settings.passkeys.verify.post({ name, response }))
  if (!added) return undefined
  return added.ok ? { added: added.data } : { failure: securityFailureOf(added) }
}
