import type { MfaMethod } from '../config/settings.ts'
import { Problem } from '../lib/problem.ts'
import type { Principal } from '../sessions/guard.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'
import {
  type AddressVerification,
  sendVerificationCode,
  verifyAddress,
} from '../verification/verify-address.ts'
import type { ChallengeDeps } from './challenge.ts'
import { codeMethods } from './methods/methods.ts'
import type { FactorVerification } from './mfa-sign-in.ts'
import { type VersionedAssertion, verifyPasskeyFactor } from './passkey/passkey-factor.ts'
import { verifyTotpFactor } from './totp/totp-secret.ts'

/** What an owner sends to have a method switched on. */
export interface FactorRequest {
  method: MfaMethod
  /** For `sms` and `email`: where to, if it is not where it went before. */
  address: string | undefined
  code: string | undefined
  /** For `passkey`: what it signed, judged already. */
  assertion: VersionedAssertion | undefined
}

/**
 * Has the owner prove to hold a method, in one step or two: without a code one is sent, with the
 * right code it is proven; a passkey is told what to sign. Nothing is switched on here.
 *
 * @throws Problem for what can't be proven as asked, `too_many_attempts`, `too_many_messages`
 */
export async function verifyFactor(
  tx: Tx,
  deps: ChallengeDeps,
  account: LockedAccount,
  principal: Principal,
  { method, address: givenAddress, code, assertion }: FactorRequest,
): Promise<FactorVerification> {
  if (method === 'passkey') return verifyPasskeyFactor(tx, deps, account, principal, assertion)
  if (method === 'authenticator') return verifyTotpFactor(tx, deps, account, code)

  const verification = {
    purpose: 'setUp',
    channel: method,
    template: 'set-up-code',
  } satisfies AddressVerification
  const known = method === 'sms' ? account.phone_number : account.mfa_email
  if (code !== undefined) {
    const sentTo = await verifyAddress(tx, deps, account, principal, verification, {
      address: givenAddress,
      code,
    })
    const { amr } = codeMethods[method]
    return sentTo ? { factor: { method, amr: [amr], sentTo, isNew: sentTo !== known } } : 'wrong'
  }

  const address = givenAddress ?? known ?? (method === 'email' ? account.email : undefined)
  if (address === undefined) {
    const message = 'is missing: say where the codes should go'
    throw new Problem('invalid_request', 'Give a phoneNumber to send codes to.', {
      errors: [{ path: '/phoneNumber', message }],
    })
  }
  const isOn = account.mfa_on_since !== null && account.mfa_method === method
  if (isOn && address === known) return 'onAlready'
  return { sent: await sendVerificationCode(tx, deps, account, principal, verification, address) }
}
