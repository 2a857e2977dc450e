import { change, weakeningMs } from '../activity/change.ts'
import { type AddressProof, askForCode, proveAddress } from '../codes/address-proof.ts'
import type { CodeSent } from '../codes/send-code.ts'
import { instant, now } from '../lib/clock.ts'
import type { HeldAccount, SignedIn } from '../sessions/guard.ts'
import type { Tx } from '../store/open.ts'
import type { Asker } from './challenge.ts'
import { availableMethods, readSetUp } from './methods/methods.ts'
import { removeMethod } from './mfa-sign-in.ts'

const what = { purpose: 'phone', channel: 'sms', template: 'address-code' } satisfies AddressProof

/** Sends a code to the number that is to be the account's. Nothing changes before it comes back. */
export function beginPhoneChange(
  tx: Tx,
  asker: Asker,
  account: HeldAccount,
  who: SignedIn,
  phoneNumber: string,
): Promise<CodeSent> {
  return askForCode(tx, asker, account, who, what, phoneNumber)
}

/**
 * Changes the number, once its owner has proven to hold it. Where codes by text are the MFA method,
 * they go to the new number from now on.
 *
 * @returns undefined for a wrong code; that must be committed, for it counts
 */
export async function changePhone(
  tx: Tx,
  asker: Asker,
  account: HeldAccount,
  who: SignedIn,
  { phoneNumber: address, code }: { phoneNumber: string; code: string },
): Promise<{ phoneNumber: string; verifiedAt: string } | undefined> {
  if (!(await proveAddress(tx, asker, account, who, what, { address, code }))) return undefined
  const at = now()
  await change(
    tx,
    asker.keys,
    account,
    {
      type: 'phone.changed',
      cause: { by: 'owner', ...who },
      detail: {},
      tell: 'phone-changed',
      params: { at },
      undoForMs: weakeningMs,
    },
    { phone_number: address, phone_verified_at: at },
  )
  return { phoneNumber: address, verifiedAt: instant(at) }
}

/** Takes the number away, and with it codes by text. Without one, nothing happens. */
export async function removePhone(
  tx: Tx,
  { keys, mfaMethods }: Asker,
  account: HeldAccount,
  who: SignedIn,
): Promise<void> {
  if (account.phone_number === null) return
  const setUp = await readSetUp(tx, account)
  const left = availableMethods({ ...setUp, phoneNumber: null }, mfaMethods)
  const set = { phone_number: null, phone_verified_at: null }
  await removeMethod(tx, keys, account, { removed: 'sms', left, set }, { by: 'owner', ...who })
}
