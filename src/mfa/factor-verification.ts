import type { MfaMethod } from '../config/settings.ts'
import { Problem } from '../lib/problem.ts'
import type { Principal } from '../sessions/guard.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { activeMfaMethod } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'
import type { SendCodeDeps } from '../verification/send-code.ts'
import {
  type AddressVerification,
  sendVerificationCode,
  verifyAddress,
} from '../verification/verify-address.ts'
import { codeMethods, readEnrollments } from './methods/methods.ts'
import { type VersionedAssertion, verifyPasskeyFactor } from './passkey/passkey-factor.ts'
import { verifyTotpFactor } from './totp/totp-factor.ts'
import type { FactorVerification } from './verified-factor.ts'

/** The owner's request to turn on a method. */
export interface FactorRequest {
  method: MfaMethod
  /** For `sms` and `email`: the address or number, unless it is the stored one. */
  address: string | undefined
  code: string | undefined
  /** For `passkey`: the verified assertion. */
  assertion: VersionedAssertion | undefined
  /** For `passkey`: the passkey that must sign; any by default. */
  passkeyId: string | undefined
}

/**
 * Verifies that the owner holds a method, before it is turned on. The first request sends a code, or
 * returns a challenge for a passkey; the second brings the code or the assertion. An authenticator
 * app needs one request.
 *
 * @throws Problem `invalid_request`, `method_not_set_up`, `invalid_passkey`, `too_many_attempts`,
 * `too_many_messages` or `sms_unavailable`
 */
export async function verifyFactor(
  tx: Tx,
  deps: SendCodeDeps,
  account: LockedAccount,
  principal: Principal,
  request: FactorRequest,
): Promise<FactorVerification> {
  const { method, address: givenAddress, code } = request
  if (method === 'passkey') return verifyPasskeyFactor(tx, deps, account, principal, request)
  if (method === 'authenticator') return verifyTotpFactor(tx, deps, account, code)

  const verification = {
    purpose: 'setUp',
    channel: method,
    template: 'set-up-code',
  } satisfies AddressVerification
  const { current } = await readEnrollments(tx, account)
  const currentAddress = method === 'sms' ? current.phoneNumber : current.email
  const known = method === 'sms' ? account.phone_number : account.mfa_email
  if (code !== undefined) {
    const sentTo = await verifyAddress(tx, deps, account, principal, verification, {
      address: givenAddress,
      code,
    })
    const { amr } = codeMethods[method]
    const isNew = sentTo !== currentAddress
    return sentTo ? { factor: { method, amr: [amr], sentTo, isNew } } : 'wrong'
  }

  const address = givenAddress ?? known ?? (method === 'email' ? account.email : undefined)
  if (address === undefined) {
    const message = 'is missing: give the number that codes are sent to'
    throw new Problem('invalid_request', 'Give the phone number that codes are sent to.', {
      errors: [{ path: '/phoneNumber', message }],
    })
  }
  if (activeMfaMethod(account) === method && address === currentAddress) return 'alreadyOn'
  return { sent: await sendVerificationCode(tx, deps, account, principal, verification, address) }
}
