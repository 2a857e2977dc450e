import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { Problem } from '../../lib/problem.ts'
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { activeMfaMethod } from '../../store/mfa-state.ts'
import type { Tx } from '../../store/transaction.ts'
import type { FactorVerification } from '../verified-factor.ts'
import {
  invalidPasskey,
  listPasskeyDescriptors,
  type PasskeyDeps,
  recordPasskeyUse,
  type VerifiedPasskey,
  verifyPasskey,
} from './assertion.ts'
import { consumePasskeyChallenge, createPasskeyChallenge } from './passkey-challenge.ts'
import { challengeOf } from './webauthn.ts'

/**
 * Verifies that the owner holds a passkey, before it becomes the MFA method.
 *
 * @param assertion the verified assertion; undefined to get a challenge to sign
 * @returns `assertionRequest` with the challenge, if there is no assertion yet
 * @throws Problem `method_not_set_up`, or `invalid_passkey`
 */
export async function verifyPasskeyFactor(
  tx: Tx,
  deps: { rateLimiter: RateLimiter },
  account: LockedAccount,
  principal: Principal,
  assertion: VersionedAssertion | undefined,
): Promise<FactorVerification> {
  if (assertion) {
    const { passkey, credentialVersion } = assertion
    if (credentialVersion !== account.credential_version) throw invalidPasskey()
    if (!(await recordPasskeyUse(tx, deps, account, passkey, principal.client))) return 'wrong'
    return { factor: { method: 'passkey', amr: passkey.amr, isNew: false } }
  }
  if (activeMfaMethod(account) === 'passkey') return 'alreadyOn'
  const allowed = await listPasskeyDescriptors(tx, account.id)
  if (allowed.length === 0) {
    throw new Problem('method_not_set_up', 'Add a passkey first: POST /settings/Passkeys.')
  }
  const { session } = principal
  const { value } = await createPasskeyChallenge(tx, {
    purpose: 'turnOn',
    account,
    session,
  })
  return { assertionRequest: { challenge: value, allowed } }
}

/** A verified assertion, and the account's credential version when it was requested. */
export interface VersionedAssertion {
  passkey: VerifiedPasskey
  credentialVersion: number | null
}

/**
 * Verifies the passkey's response to the challenge of `verifyPasskeyFactor`, and consumes it.
 *
 * @throws Problem `invalid_passkey`
 */
export async function verifyTurnOnAssertion(
  { db, keyring, relyingParty }: PasskeyDeps,
  { session }: Principal,
  response: AuthenticationResponseJSON,
): Promise<VersionedAssertion> {
  const lookup = { value: challengeOf(response), purpose: 'turnOn', session } as const
  const challenge = await consumePasskeyChallenge(db, keyring, lookup)
  const passkey = challenge && (await verifyPasskey(db, relyingParty, challenge, response))
  if (!challenge || !passkey) throw invalidPasskey()
  return { passkey, credentialVersion: challenge.credential_version }
}
