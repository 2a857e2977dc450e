import type { MfaMethod, Settings } from '../../../../client/latchkey.ts'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { ConfirmDialog } from '../dialog.tsx'
import { t } from '../i18n.ts'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'

/** The methods that are removed here; passkeys and the phone number have their own sections. */
export const removableMethods = ['authenticator', 'email'] as const satisfies MfaMethod[]

export type RemovableMethod = (typeof removableMethods)[number]

/** Whether a method is set up, and signing in still works without it. */
export function canRemove(method: RemovableMethod, { mfaSignIn, mfaSecret }: Settings): boolean {
  const { enabled, availableMethods, pendingMethods } = mfaSignIn
  const isSetUp =
    method === 'authenticator'
      ? mfaSecret.confirmed
      : [...availableMethods, ...pendingMethods].includes(method)
  return isSetUp && (!enabled || availableMethods.some((other) => other !== method))
}

export function RemoveMethodDialog(
  props: SectionProps & {
    method: RemovableMethod
    announce: (message: string) => void
    onClose: () => void
  },
) {
  const { account, method, onChange, announce, onClose } = props
  const { settings } = account
  const { mfaMethod, availableMethods } = settings.mfaSignIn
  const withStepUp = useStepUp()
  const removal = t.removal[method]
  const signsIn = mfaMethod !== null && availableMethods.includes(method)
  const nextMethod =
    mfaMethod === method ? availableMethods.find((other) => other !== method) : mfaMethod

  async function remove(): Promise<Failure | undefined> {
    const result = await withStepUp(() => removeMethod(method))
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    const mfaSecret =
      method === 'authenticator' ? { confirmed: false, confirmedAt: null } : settings.mfaSecret
    onClose()
    onChange({ settings: { ...settings, mfaSignIn: result.data, mfaSecret } })
    announce(`${removal.done} ${t.notifiedByEmail(settings.email)}`)
    return undefined
  }

  return (
    <ConfirmDialog
      title={removal.title}
      description={
        signsIn && nextMethod ? removal.means(t.methods[nextMethod]) : removal.meansOtherwise
      }
      confirmLabel={removal.confirm}
      cancelLabel={removal.keep}
      onConfirm={remove}
      onClose={onClose}
    />
  )
}

async function removeMethod(method: RemovableMethod) {
  if (method === 'email') return latchkey.settings.mfaEmail.delete()
  const result = await latchkey.settings.mfaSecret.delete()
  return result.ok ? { ...result, data: result.data.mfaSignIn } : result
}
