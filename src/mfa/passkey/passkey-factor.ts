import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { isUnusablePassword } from '../../lib/password-hasher.ts'
import { Problem } from '../../lib/problem.ts'
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { activeMfaMethod, isCurrent } from '../../store/mfa-state.ts'
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
 * @param request.assertion the verified assertion; undefined to get a challenge to sign
 * @param request.passkeyId the passkey that must sign; any of the account by default
 * @returns `assertionRequest` with the challenge, if there is no assertion yet
 * @throws Problem `method_not_set_up`, or `invalid_passkey`
 */
export async function verifyPasskeyFactor(
  tx: Tx,
  deps: { rateLimiter: RateLimiter },
  account: LockedAccount,
  principal: Principal,
  request: { assertion: VersionedAssertion | undefined; passkeyId: string | undefined },
): Promise<FactorVerification> {
  const { assertion, passkeyId } = request
  if (assertion) {
    const { passkey, credentialVersion } = assertion
    if (credentialVersion !== account.credential_version) throw invalidPasskey()
    const use = await recordPasskeyUse(tx, deps, account, passkey, principal.client, {
      acceptPending: true,
    })
    if (!use) return 'wrong'
    const isNew = !isCurrent(account, use.epoch)
    const enroll = (epoch: number) => enrollPasskey(tx, passkey.id, epoch)
    return { factor: { method: 'passkey', amr: passkey.amr, isNew, enroll } }
  }
  if (activeMfaMethod(account) === 'passkey' && passkeyId === undefined) return 'alreadyOn'
  const all = await listPasskeyDescriptors(tx, account, { includePending: true, id: passkeyId })
  if (all.length === 0) {
    throw new Problem('method_not_set_up', 'Add a passkey first: POST /settings/Passkeys.')
  }
  const current = await listPasskeyDescriptors(tx, account, { id: passkeyId })
  // A browser that knows a pending and a current one should use the current one, which changes nothing.
  const allowed = current.length === 0 ? all : current
  const { session } = principal
  const { value } = await createPasskeyChallenge(tx, {
    purpose: 'turnOn',
    account,
    session,
  })
  const requireUserVerification = isUnusablePassword(account.password_hash)
  return { assertionRequest: { challenge: value, allowed, requireUserVerification } }
}

function enrollPasskey(tx: Tx, id: string, epoch: number): Promise<unknown> {
  return tx.updateTable('passkey').set({ mfa_epoch: epoch }).where('id', '=', id).execute()
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
