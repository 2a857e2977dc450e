import { type AddressProof, askForCode, proveAddress } from '../codes/address-proof.ts'
import { Problem } from '../lib/problem.ts'
import type { HeldAccount, SignedIn } from '../sessions/guard.ts'
import type { MfaMethod } from '../settings.ts'
import type { Tx } from '../store/open.ts'
import type { Asker } from './challenge.ts'
import { codeMethods } from './methods/methods.ts'
import { proveAuthenticator } from './mfa-secret.ts'
import type { Proven } from './mfa-sign-in.ts'
import { type AnsweredAssertion, provePasskey } from './passkey-proof.ts'

/** What an owner sends to have a method switched on. */
export interface ProofRequest {
  method: MfaMethod
  /** For `sms` and `email`: where to, if it is not where it went before. */
  to: string | undefined
  code: string | undefined
  /** For `passkey`: what it signed, judged already. */
  assertion: AnsweredAssertion | undefined
}

/**
 * Has the owner prove to hold a method, in one step or two: without a code one is sent, with the
 * right code it is proven; a passkey is told what to sign. Nothing is switched on here.
 *
 * @throws Problem for what can't be proven as asked, `too_many_attempts`, `too_many_messages`
 */
export async function prove(
  tx: Tx,
  asker: Asker,
  account: HeldAccount,
  who: SignedIn,
  { method, to, code, assertion }: ProofRequest,
): Promise<Proven> {
  if (method === 'passkey') return provePasskey(tx, asker, account, who, assertion)
  if (method === 'authenticator') return proveAuthenticator(tx, asker, account, code)

  const what = { purpose: 'setUp', channel: method, template: 'set-up-code' } satisfies AddressProof
  const known = method === 'sms' ? account.phone_number : account.mfa_email
  if (code !== undefined) {
    const sentTo = await proveAddress(tx, asker, account, who, what, { address: to, code })
    const { amr } = codeMethods[method]
    return sentTo ? { proof: { method, amr: [amr], sentTo, isNew: sentTo !== known } } : 'wrong'
  }

  const address = to ?? known ?? (method === 'email' ? account.email : undefined)
  if (address === undefined) {
    const message = 'is missing: say where the codes should go'
    throw new Problem('invalid_request', 'Give a phoneNumber to send codes to.', {
      errors: [{ path: '/phoneNumber', message }],
    })
  }
  const isOn = account.mfa_on_since !== null && account.mfa_method === method
  if (isOn && address === known) return 'onAlready'
  return { sent: await askForCode(tx, asker, account, who, what, address) }
}
