import type { Passkey } from '../../../client/latchkey.ts'
import type { Failure } from '../forms.tsx'
import { createPasskey } from '../passkey.ts'
import { latchkey } from '../session.ts'
import { text } from '../text.ts'
import type { Ask } from './asking.tsx'
import { deviceOf } from './device.ts'
import { whyNot } from './problems.ts'
import { words } from './words.ts'

/** Makes a passkey and adds it, named after this device. @returns undefined if it was not wanted */
export async function addPasskey(
  ask: Ask,
): Promise<{ added: Passkey } | { failure: Failure } | undefined> {
  const begun = await ask(() => latchkey.settings.passkeys.post())
  if (!begun) return undefined
  if (!begun.ok) return { failure: whyNot(begun) }
  const response = await createPasskey(begun.data.options).catch(() => 'failed' as const)
  if (response === 'failed') return { failure: { message: text.problems.passkey_failed } }
  if (!response) return undefined
  if (response === 'known') return { failure: { message: words.problems.passkey_known } }
  const name = deviceOf(navigator.userAgent).slice(0, 64)
  const added = await ask(() => latchkey.settings.passkeys.verify.post({ name, response }))
  if (!added) return undefined
  return added.ok ? { added: added.data } : { failure: whyNot(added) }
}
