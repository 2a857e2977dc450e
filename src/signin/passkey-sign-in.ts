import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { Problem } from '../lib/problem.ts'
import { type ChallengeDeps, completeChallenge } from '../mfa/challenge.ts'
import { anyPurpose, loadChallenge } from '../mfa/load-challenge.ts'
import {
  listPasskeyDescriptors,
  type PasskeyDeps,
  recordPasskeyUse,
  type VerifiedPasskey,
  verifyPasskey,
} from '../mfa/passkey/assertion.ts'
import {
  type ConsumedPasskeyChallenge,
  consumePasskeyChallenge,
  createPasskeyChallenge,
} from '../mfa/passkey/passkey-challenge.ts'
import type { CredentialDescriptor } from '../mfa/passkey/webauthn.ts'
import { readUsableFactors } from '../mfa/usable-factors.ts'
import type { Principal } from '../sessions/guard.ts'
import { issueSession } from '../sessions/issue-session.ts'
import { lockAccount } from '../sessions/locked-account.ts'
import type { IssuedSession } from '../sessions/session.ts'
import type { RunTransaction, Tx } from '../store/transaction.ts'
import { countFailedAttempt } from '../verification/challenge-row.ts'
import {
  consumeSignInChallenge,
  createSignInChallenge,
  type PasskeySignInChallenge,
  readSignInChallenge,
} from './passkey-sign-in-challenge.ts'

/** A WebAuthn challenge, and the options that belong to it. */
export interface StartedPasskeySignIn {
  passkeyToken: string
  challenge: string
  /** The account's passkeys; undefined while the account is unknown. */
  allowed: CredentialDescriptor[] | undefined
  /** True if the passkey is the only factor. */
  requireUserVerification: boolean
}

/**
 * Starts signing in by passkey: as the second factor of a sign-in or an undo, to confirm a session, or
 * as the only factor.
 *
 * @param startedBy undefined for a passkey alone, which strangers may start as often as they like: it
 * stores nothing, and no limit of theirs bars others
 * @throws Problem `mfa_token_expired`, `method_not_set_up`
 */
export async function startPasskeySignIn(
  deps: ChallengeDeps & PasskeyDeps & { transaction: RunTransaction },
  startedBy: { mfaToken: string } | { principal: Principal } | undefined,
): Promise<StartedPasskeySignIn> {
  const { transaction, keyring } = deps
  if (!startedBy) {
    const { value, passkeyToken } = createSignInChallenge(keyring)
    return { passkeyToken, challenge: value, allowed: undefined, requireUserVerification: true }
  }
  return transaction(async (tx) => {
    if ('mfaToken' in startedBy) {
      const { account, challenge, undoToken } = await loadChallenge(tx, startedBy, anyPurpose)
      const { enrollment } = await readUsableFactors(tx, deps, account, undoToken)
      const { removed } = enrollment
      const allowed = await listPasskeyDescriptors(tx, account, { removed })
      if (allowed.length === 0) throw methodNotSetUp()
      const challengeFor = { purpose: 'secondFactor', account, challenge: challenge.id } as const
      const { value, passkeyToken } = await createPasskeyChallenge(tx, challengeFor)
      return { passkeyToken, challenge: value, allowed, requireUserVerification: false }
    }
    const { session } = startedBy.principal
    const account = await lockAccount(tx, startedBy.principal.account)
    const allowed = account ? await listPasskeyDescriptors(tx, account) : []
    if (!account || allowed.length === 0) throw methodNotSetUp()
    const challengeFor = { purpose: 'reauthenticate', account, session } as const
    const { value, passkeyToken } = await createPasskeyChallenge(tx, challengeFor)
    return { passkeyToken, challenge: value, allowed, requireUserVerification: true }
  })
}

/** An assertion, and the client that sends it. */
export interface PasskeySignInAttempt {
  passkeyToken: string
  response: AuthenticationResponseJSON
  /** The session of the access token; a challenge that confirms a session accepts only its own. */
  principal: Principal | undefined
  /** Token of the client’s device; a second factor stays on the device that the sign-in began on. */
  deviceToken?: string | undefined
  rememberDevice?: boolean | undefined
  client: Client
}

/**
 * Verifies an assertion. The challenge of an account takes one response, right or wrong; that of a
 * passkey alone takes one that is right. No rate limit applies: a signature cannot be guessed, so the
 * owner can sign in by passkey while a stranger is guessing codes or passwords.
 *
 * @returns undefined for a wrong assertion
 * @throws Problem `passkey_token_expired`, `mfa_token_expired`
 */
export async function verifyPasskeySignIn(
  deps: ChallengeDeps & PasskeyDeps & { transaction: RunTransaction },
  attempt: PasskeySignInAttempt,
): Promise<IssuedSession | undefined> {
  const { db, transaction, keyring, relyingParty } = deps
  const { passkeyToken, response, principal } = attempt
  const passkeyChallenge =
    readSignInChallenge(keyring, passkeyToken) ??
    (await consumePasskeyChallenge(db, keyring, { passkeyToken, session: principal?.session }))
  if (!passkeyChallenge) throw passkeyTokenExpired()
  const passkey = await verifyPasskey(db, relyingParty, passkeyChallenge, response)
  return transaction(async (tx) => {
    const issued =
      passkey && (await completePasskeySignIn(tx, deps, { ...attempt, passkeyChallenge, passkey }))
    const result = issued ? 'signedIn' : 'wrong'
    tx.emit({ kind: 'signIn', method: 'passkey', result })
    if (issued) return issued
    if (passkeyChallenge.challenge_id) await countFailedAttempt(tx, passkeyChallenge.challenge_id)
    const { client } = attempt
    const detail = { step: 'passkey' }
    const account = passkey?.account ?? passkeyChallenge.account_id
    // A stranger’s response to a challenge of no account leaves no row, or it would fill the database.
    if (account) await activity.record(tx, account, { type: 'signin.failed', client, detail })
    return undefined
  })
}

/** @returns undefined if the passkey was removed meanwhile or may be a copy */
async function completePasskeySignIn(
  tx: Tx,
  deps: ChallengeDeps,
  attempt: PasskeySignInAttempt & {
    passkeyChallenge: PasskeySignInChallenge | ConsumedPasskeyChallenge
    passkey: VerifiedPasskey
  },
): Promise<IssuedSession | undefined> {
  const { rules, rateLimiter } = deps
  const { passkeyChallenge, passkey, client, deviceToken, rememberDevice } = attempt
  if (passkeyChallenge.purpose === 'signIn') {
    if (!(await consumeSignInChallenge(tx, passkeyChallenge))) throw passkeyTokenExpired()
  }
  const account = await lockAccount(tx, passkey.account)
  const startedAtVersion = passkeyChallenge.credential_version ?? account?.credential_version
  if (!account || startedAtVersion !== account.credential_version) throw passkeyTokenExpired()

  const pending = passkeyChallenge.challenge_id
    ? await loadChallenge(tx, { id: passkeyChallenge.challenge_id })
    : undefined
  if (!(await recordPasskeyUse(tx, deps, account, passkey, client))) return undefined
  if (pending) {
    const { challenge } = pending
    const amr = ['pwd' as const, ...passkey.amr]
    const completion = { account, challenge, amr, client, deviceToken, rememberDevice }
    return completeChallenge(tx, deps, completion)
  }
  const session = passkeyChallenge.session_id ?? undefined
  const issued = await issueSession(tx, {
    account,
    amr: passkey.amr,
    client,
    session,
    deviceToken,
    rememberDevice,
    rules,
    rateLimiter,
  })
  if (!issued) throw new Error('No session was issued after a passkey with user verification.')
  return issued
}

function methodNotSetUp(): Problem {
  return new Problem('method_not_set_up', 'This account has no passkey. Please choose another way.')
}

function passkeyTokenExpired(): Problem {
  return new Problem(
    'passkey_token_expired',
    'This took too long, or was completed already. Please try again.',
  )
}
