import { getPasskey } from '../../passkey.ts'
import type { TurnOn } from './use-turn-on.ts'

/**
 * Turns MFA on by a passkey, or confirms it.
 *
 * @param passkeyId the passkey that must sign; any of the account by default
 * @returns undefined if a step-up was cancelled; `notUsed` if the browser got no assertion
 */
export async function provePasskey(turnOn: TurnOn, passkeyId?: string) {
  const started = await turnOn({ mfaMethod: 'passkey', passkeyId })
  if (!started?.ok || started.status === 200) return started
  if (started.data.status !== 'assertionRequired') return started
  const assertion = await getPasskey(started.data.options).catch(() => undefined)
  return assertion ? turnOn({ mfaMethod: 'passkey', assertion }) : 'notUsed'
}
