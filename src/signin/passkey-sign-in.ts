import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { networkOf } from '../lib/network.ts'
import { Problem } from '../lib/problem.ts'
import {
  type ChallengeDeps,
  completeChallenge,
  issueDeviceToken,
  loadChallenge,
} from '../mfa/challenge.ts'
import {
  listPasskeyDescriptors,
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
import { rateLimits } from '../rate-limits/limits.ts'
import type { Principal } from '../sessions/guard.ts'
import { issueSession } from '../sessions/issue-session.ts'
import { lockAccount } from '../sessions/locked-account.ts'
import type { IssuedSession } from '../sessions/session.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction, Tx } from '../store/transaction.ts'
import { countFailedAttempt } from '../verification/challenge-row.ts'

/** What a passkey is asked to sign. */
export interface PasskeySignInChallenge {
  passkeyToken: string
  challenge: string
  /** The account's passkeys; undefined where nobody said yet whose account it is. */
  allowed: CredentialDescriptor[] | undefined
  /** Whether nothing but the passkey is shown. */
  requireUserVerification: boolean
}

/**
 * Begins to sign in by passkey: as the second factor of the sign-in that `mfaToken` opens, to
 * confirm who has a session, or with nothing else at all.
 *
 * @throws Problem `mfa_token_expired`, `method_not_set_up`, or `too_many_attempts`
 */
export function startPasskeySignIn(
  deps: ChallengeDeps & { db: Db; transaction: RunTransaction },
  startedBy: { mfaToken: string } | { principal: Principal } | { client: Client },
): Promise<PasskeySignInChallenge> {
  const { transaction, keyring, rateLimiter } = deps
  return transaction(async (tx) => {
    if ('mfaToken' in startedBy) {
      const { account, challenge } = await loadChallenge(tx, deps, startedBy)
      const allowed = await listPasskeyDescriptors(tx, account.id)
      if (allowed.length === 0) throw methodNotSetUp()
      const challengeFor = { purpose: 'secondFactor', account, challenge: challenge.id } as const
      const { value, passkeyToken } = await createPasskeyChallenge(tx, keyring, challengeFor)
      return { passkeyToken, challenge: value, allowed, requireUserVerification: false }
    }
    if ('principal' in startedBy) {
      const { session } = startedBy.principal
      const account = await lockAccount(tx, startedBy.principal.account)
      const allowed = await listPasskeyDescriptors(tx, startedBy.principal.account)
      if (!account || allowed.length === 0) throw methodNotSetUp()
      const challengeFor = { purpose: 'reauthenticate', account, session } as const
      const { value, passkeyToken } = await createPasskeyChallenge(tx, keyring, challengeFor)
      return { passkeyToken, challenge: value, allowed, requireUserVerification: true }
    }
    await rateLimiter.consume(tx, {
      limit: rateLimits.passkeySignInsPerNetwork,
      key: networkOf(startedBy.client.ipAddress),
    })
    const { value, passkeyToken } = await createPasskeyChallenge(tx, keyring, { purpose: 'signIn' })
    return { passkeyToken, challenge: value, allowed: undefined, requireUserVerification: true }
  })
}

/** What a passkey made of it, and who brings it. */
export interface PasskeySignInAttempt {
  passkeyToken: string
  response: AuthenticationResponseJSON
  /** Whoever is signed in already: if their session is to be confirmed, it must be theirs. */
  principal: Principal | undefined
  rememberDevice?: boolean | undefined
  client: Client
}

/**
 * Judges the answer, once. No limit of guesses is asked: a signature can't be guessed, and so a
 * passkey lets its owner in however much a stranger hammers at the account.
 *
 * @returns undefined if it is not right
 * @throws Problem `passkey_token_expired`, `mfa_token_expired`
 */
export async function verifyPasskeySignIn(
  deps: ChallengeDeps & { db: Db; transaction: RunTransaction },
  attempt: PasskeySignInAttempt,
): Promise<IssuedSession | undefined> {
  const { db, transaction, keyring, relyingParty } = deps
  const { passkeyToken, response, principal } = attempt
  const passkeyChallenge = await consumePasskeyChallenge(db, keyring, {
    passkeyToken,
    session: principal?.session,
  })
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
    await activity.record(tx, account, { type: 'signin.failed', client, detail })
    return undefined
  })
}

/** @returns undefined if the passkey was removed meanwhile, or may be a copy */
async function completePasskeySignIn(
  tx: Tx,
  deps: ChallengeDeps,
  attempt: PasskeySignInAttempt & {
    passkeyChallenge: ConsumedPasskeyChallenge
    passkey: VerifiedPasskey
  },
): Promise<IssuedSession | undefined> {
  const { keyring, rules } = deps
  const { passkeyChallenge, passkey: shown, client, rememberDevice } = attempt
  const account = await lockAccount(tx, shown.account)
  const startedAtVersion = passkeyChallenge.credential_version ?? account?.credential_version
  if (!account || startedAtVersion !== account.credential_version) throw passkeyTokenExpired()

  const pending = passkeyChallenge.challenge_id
    ? await loadChallenge(tx, deps, { id: passkeyChallenge.challenge_id })
    : undefined
  if (!(await recordPasskeyUse(tx, deps, account, shown, client))) return undefined
  if (pending) {
    const { challenge } = pending
    const amr = ['pwd' as const, ...shown.amr]
    return completeChallenge(tx, deps, { account, challenge, amr: amr, client, rememberDevice })
  }
  const session = passkeyChallenge.session_id ?? undefined
  const issued = await issueSession(tx, {
    account,
    amr: shown.amr,
    client,
    session,
    keyring,
    rules,
  })
  if (!issued) throw new Error('A passkey that knows its user was shown, and the gate stayed shut.')
  return rememberDevice ? issueDeviceToken(tx, { account, client, issued }) : issued
}

function methodNotSetUp(): Problem {
  return new Problem('method_not_set_up', 'This account has no passkey. Please choose another way.')
}

function passkeyTokenExpired(): Problem {
  return new Problem(
    'passkey_token_expired',
    'This took too long, or was answered already. Please try again.',
  )
}
