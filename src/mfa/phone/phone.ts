import type { MfaMethod } from '../../config/settings.ts'
import { toIsoString } from '../../lib/clock.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import type { Tx } from '../../store/transaction.ts'
import { changeCredentials, weakeningUndoMs } from '../../undo/credential-change.ts'
import type { CodeSent, SendCodeDeps } from '../../verification/send-code.ts'
import {
  type AddressVerification,
  sendVerificationCode,
  verifyAddress,
} from '../../verification/verify-address.ts'
import { availableMethods, readEnrollment } from '../methods/methods.ts'
import { removeMethod } from '../mfa-sign-in.ts'

const phoneVerification = {
  purpose: 'phone',
  channel: 'sms',
  template: 'address-code',
} satisfies AddressVerification

/** Sends a code to the new number. Nothing changes until the code is verified. */
export function startPhoneChange(
  tx: Tx,
  deps: SendCodeDeps,
  account: LockedAccount,
  principal: Principal,
  phoneNumber: string,
): Promise<CodeSent> {
  return sendVerificationCode(tx, deps, account, principal, phoneVerification, phoneNumber)
}

/**
 * Verifies the code and changes the number. If text messages are the MFA method, codes go to the new
 * number from now on.
 *
 * @returns undefined for a wrong code; the transaction must commit, so that the attempt counts
 */
export async function changePhone(
  tx: Tx,
  deps: SendCodeDeps,
  account: LockedAccount,
  principal: Principal,
  { phoneNumber, code }: { phoneNumber: string; code: string },
): Promise<{ phoneNumber: string; verifiedAt: string } | undefined> {
  if (
    !(await verifyAddress(tx, deps, account, principal, phoneVerification, {
      address: phoneNumber,
      code,
    }))
  )
    return undefined
  const at = tx.now()
  await changeCredentials(tx, account, {
    type: 'phone.changed',
    cause: { by: 'owner', ...principal },
    notice: 'phone-changed',
    params: { at },
    undoForMs: weakeningUndoMs,
    set: { phone_number: phoneNumber, phone_verified_at: at },
  })
  return { phoneNumber, verifiedAt: toIsoString(at) }
}

/** Removes the number, and with it the method `sms`. Does nothing if there is no number. */
export async function removePhone(
  tx: Tx,
  account: LockedAccount,
  ranking: readonly MfaMethod[],
  principal: Principal,
): Promise<void> {
  if (account.phone_number === null) return
  const enrollment = await readEnrollment(tx, account)
  const remaining = availableMethods({ ...enrollment, phoneNumber: null }, ranking)
  const set = { phone_number: null, phone_verified_at: null }
  await removeMethod(tx, account, { removed: 'sms', remaining, set }, { by: 'owner', ...principal })
}
