import type { MfaMethod } from '../../config/settings.ts'
import { toIsoString } from '../../lib/clock.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { activeMfaMethod } from '../../store/mfa-state.ts'
import type { Tx } from '../../store/transaction.ts'
import { changeCredentials } from '../../undo/credential-change.ts'
import type { CodeSent, SendCodeDeps } from '../../verification/send-code.ts'
import {
  type AddressVerification,
  sendVerificationCode,
  verifyAddress,
} from '../../verification/verify-address.ts'
import { availableMethods, readEnrollments } from '../methods/methods.ts'
import { joinableEpoch } from '../mfa-epoch.ts'
import { nextDefaultMethod, removeMethod } from '../mfa-sign-in.ts'

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
 * Verifies the code and changes the number. If codes by text are a method, they go to the new number
 * from now on. Records nothing if the number is the account’s already and its use stays the same.
 *
 * @param change.useForSignIn whether codes by text are a method from now on; by default as before
 * @returns undefined for a wrong code; the transaction must commit, so that the attempt counts
 */
export async function changePhone(
  tx: Tx,
  deps: SendCodeDeps,
  account: LockedAccount,
  principal: Principal,
  change: {
    phoneNumber: string
    code: string
    useForSignIn: boolean | undefined
    ranking: readonly MfaMethod[]
  },
): Promise<{ phoneNumber: string; verifiedAt: string; useForSignIn: boolean } | undefined> {
  const { phoneNumber, code, ranking } = change
  if (
    !(await verifyAddress(tx, deps, account, principal, phoneVerification, {
      address: phoneNumber,
      code,
    }))
  )
    return undefined
  const at = tx.now()
  const { phone_mfa_since } = account
  const epoch = await joinableEpoch(tx, account, ranking)
  const { current } = await readEnrollments(tx, account)
  const keepsNumber = phoneNumber === account.phone_number
  // A number that is proven again keeps what it had; a pending one joins the epoch if it can.
  const keepsEpoch = keepsNumber && (epoch === null || current.phoneNumber === phoneNumber)
  const wasForSignIn = phone_mfa_since !== null
  const useForSignIn = change.useForSignIn ?? wasForSignIn
  const changed = { phoneNumber, verifiedAt: toIsoString(at), useForSignIn }
  if (keepsNumber && useForSignIn === wasForSignIn && (!useForSignIn || keepsEpoch)) return changed

  const methodColumns = useForSignIn
    ? {
        phone_mfa_since: phone_mfa_since ?? at,
        ...(!keepsEpoch && { phone_mfa_epoch: epoch }),
      }
    : {
        phone_mfa_since: null,
        phone_mfa_epoch: null,
        ...nextDefaultMethod(account, 'sms', await remainingWithoutSms(tx, account, ranking)),
      }
  await changeCredentials(tx, account, {
    type: 'phone.changed',
    cause: { by: 'owner', ...principal },
    notice: 'phone-changed',
    params: { at },
    set: { phone_number: phoneNumber, phone_verified_at: at, ...methodColumns },
  })
  return changed
}

/** Removes the number, and with it the method `sms`. Does nothing if there is no number. */
export async function removePhone(
  tx: Tx,
  account: LockedAccount,
  ranking: readonly MfaMethod[],
  principal: Principal,
): Promise<void> {
  if (account.phone_number === null) return
  const remaining = await remainingWithoutSms(tx, account, ranking)
  const set = {
    phone_number: null,
    phone_verified_at: null,
    phone_mfa_since: null,
    phone_mfa_epoch: null,
  }
  await removeMethod(tx, account, { removed: 'sms', remaining, set }, { by: 'owner', ...principal })
}

/** The methods that sign in without codes by text, strongest first. */
async function remainingWithoutSms(
  tx: Tx,
  account: LockedAccount,
  ranking: readonly MfaMethod[],
): Promise<MfaMethod[]> {
  const { current } = await readEnrollments(tx, account)
  return availableMethods({ ...current, phoneNumber: null }, ranking, activeMfaMethod(account))
}
