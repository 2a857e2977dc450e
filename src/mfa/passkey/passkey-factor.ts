import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import type { Keyring } from '../../keys/keyring.ts'
import { Problem } from '../../lib/problem.ts'
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import type { Db } from '../../store/open.ts'
import type { Tx } from '../../store/transaction.ts'
import type { FactorVerification } from '../mfa-sign-in.ts'
import {
  listPasskeyDescriptors,
  recordPasskeyUse,
  type VerifiedPasskey,
  verifyPasskey,
} from './assertion.ts'
import { consumePasskeyChallenge, createPasskeyChallenge } from './passkey-challenge.ts'
import { invalidPasskey } from './registration.ts'
import { challengeOf, type RelyingParty } from './webauthn.ts'

/**
 * Proves to hold a passkey, to have it asked for at sign-in.
 *
 * @param assertion what one signed; undefined to be told what to sign
 * @returns `assert` with what to sign
 * @throws Problem `method_not_set_up`, or `invalid_passkey`
 */
export async function verifyPasskeyFactor(
  tx: Tx,
  deps: { keyring: Keyring; rateLimiter: RateLimiter },
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
  if (account.mfa_on_since !== null && account.mfa_method === 'passkey') return 'onAlready'
  const allowed = await listPasskeyDescriptors(tx, account.id)
  if (allowed.length === 0) {
    throw new Problem('method_not_set_up', 'Add a passkey first: POST /settings/Passkeys.')
  }
  const { session } = principal
  const { value } = await createPasskeyChallenge(tx, deps.keyring, {
    purpose: 'turnOn',
    account,
    session,
  })
  return { assertionRequest: { challenge: value, allowed } }
}

/** An assertion that was found to be right, and how the account was when it began. */
export interface VersionedAssertion {
  passkey: VerifiedPasskey
  credentialVersion: number | null
}

/**
 * Judges what a passkey made of `provePasskey`. The challenge is used up by it.
 *
 * @throws Problem `invalid_passkey`
 */
export async function verifyTurnOnAssertion(
  { db, keyring, relyingParty }: { db: Db; keyring: Keyring; relyingParty: RelyingParty },
  { session }: Principal,
  response: AuthenticationResponseJSON,
): Promise<VersionedAssertion> {
  const lookup = { value: challengeOf(response), purpose: 'turnOn', session } as const
  const challenge = await consumePasskeyChallenge(db, keyring, lookup)
  const passkey = challenge && (await verifyPasskey(db, relyingParty, challenge, response))
  if (!challenge || !passkey) throw invalidPasskey()
  return { passkey, credentialVersion: challenge.credential_version }
}
