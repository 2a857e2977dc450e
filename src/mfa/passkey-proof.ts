import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import type { Limits } from '../limits/limits.ts'
import { newPasskeyChallenge, takePasskeyChallenge } from '../passkeys/challenge.ts'
import {
  describePasskeys,
  judgePasskey,
  type ShownPasskey,
  usePasskey,
} from '../passkeys/passkey.ts'
import { challengeOf, type RelyingParty } from '../passkeys/relying-party.ts'
import type { HeldAccount, SignedIn } from '../sessions/guard.ts'
import type { Db, Tx } from '../store/open.ts'
import type { Proven } from './mfa-sign-in.ts'
import { notAccepted } from './passkeys.ts'

/**
 * Proves to hold a passkey, to have it asked for at sign-in.
 *
 * @param assertion what one signed; undefined to be told what to sign
 * @returns `assert` with what to sign
 * @throws Problem `method_not_set_up`, or `invalid_passkey`
 */
export async function provePasskey(
  tx: Tx,
  asker: { keys: Keys; limits: Limits },
  account: HeldAccount,
  who: SignedIn,
  assertion: AnsweredAssertion | undefined,
): Promise<Proven> {
  if (assertion) {
    const { shown, credentialVersion } = assertion
    if (credentialVersion !== account.credential_version) throw notAccepted()
    if (!(await usePasskey(tx, asker, account, shown, who.client))) return 'wrong'
    return { proof: { method: 'passkey', amr: shown.amr, isNew: false } }
  }
  if (account.mfa_on_since !== null && account.mfa_method === 'passkey') return 'onAlready'
  const allowed = await describePasskeys(tx, account.id)
  if (allowed.length === 0) {
    throw new Problem('method_not_set_up', 'Add a passkey first: POST /settings/Passkeys.')
  }
  const { session } = who
  const { value } = await newPasskeyChallenge(tx, asker.keys, {
    purpose: 'turnOn',
    account,
    session,
  })
  return { assert: { challenge: value, allowed } }
}

/** An assertion that was found to be right, and how the account was when it began. */
export interface AnsweredAssertion {
  shown: ShownPasskey
  credentialVersion: number | null
}

/**
 * Judges what a passkey made of `provePasskey`. The challenge is used up by it.
 *
 * @throws Problem `invalid_passkey`
 */
export async function judgeProof(
  { db, keys, relyingParty }: { db: Db; keys: Keys; relyingParty: RelyingParty },
  { session }: SignedIn,
  response: AuthenticationResponseJSON,
): Promise<AnsweredAssertion> {
  const which = { value: challengeOf(response), purpose: 'turnOn', session } as const
  const taken = await takePasskeyChallenge(db, keys, which)
  const shown = taken && (await judgePasskey(db, relyingParty, taken, response))
  if (!taken || !shown) throw notAccepted()
  return { shown, credentialVersion: taken.credential_version }
}
