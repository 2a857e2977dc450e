import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { Problem } from '../lib/problem.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'
import type { UndoToken } from '../undo/undo-token.ts'
import {
  consumeChallenge,
  countFailedAttempt,
  maxAttemptsPerChallenge,
  mfaTokenExpired,
} from '../verification/challenge-row.ts'
import { type ChallengeDeps, verifyCode } from './challenge.ts'
import { type LoadedChallenge, loadChallenge } from './load-challenge.ts'
import type { ChallengeMethod } from './methods/methods.ts'
import {
  type PasskeyDeps,
  recordPasskeyUse,
  type VerifiedPasskey,
  verifyPasskey,
} from './passkey/assertion.ts'
import { consumePasskeyChallenge } from './passkey/passkey-challenge.ts'
import { recordRecoveryCodeUse } from './recovery-codes/recovery-codes.ts'
import { readUsableFactors } from './usable-factors.ts'

/** The second factor of an undo: a code, or the verified response of a passkey. */
export type UndoFactor =
  | { mfaToken: string; mfaMethod?: ChallengeMethod | undefined; code: string }
  | { challenge: string; passkey: VerifiedPasskey | undefined }

/**
 * Verifies a passkey’s response to the challenge of an undo, once per challenge. Runs outside any
 * transaction: see `verifyPasskey`.
 *
 * @throws Problem `passkey_token_expired`
 */
export async function verifyUndoAssertion(
  { db, keyring, relyingParty }: PasskeyDeps,
  { passkeyToken, response }: { passkeyToken: string; response: AuthenticationResponseJSON },
): Promise<UndoFactor> {
  const consumed = await consumePasskeyChallenge(db, keyring, { passkeyToken, session: undefined })
  if (!consumed?.challenge_id) {
    const detail = 'This took too long, or was completed already. Please try again.'
    throw new Problem('passkey_token_expired', detail)
  }
  const passkey = await verifyPasskey(db, relyingParty, consumed, response, {
    acceptRemoved: true,
  })
  return { challenge: consumed.challenge_id, passkey }
}

/**
 * Verifies the second factor of an undo. Wrong answers are counted apart from sign-in, which they do
 * not bar, and use up no link.
 *
 * @returns the attempts that are left after a wrong answer, which must be committed; undefined if the
 * factor is right
 * @throws Problem `mfa_token_expired`, `too_many_attempts`
 */
export async function verifyUndoFactor(
  tx: Tx,
  deps: ChallengeDeps,
  account: LockedAccount,
  undoToken: UndoToken,
  factor: UndoFactor,
  client: Client,
): Promise<{ attemptsLeft: number } | undefined> {
  const lookup = 'code' in factor ? factor : { id: factor.challenge }
  const loaded = await loadChallenge(tx, lookup, ['undo'])
  const { challenge } = loaded
  if (challenge.undo_token_id !== undoToken.id) throw mfaTokenExpired()

  const method = 'code' in factor ? (factor.mfaMethod ?? challenge.method) : 'passkey'
  const wrong =
    'code' in factor
      ? await verifyUndoCode(tx, deps, loaded, factor, client)
      : await verifyUndoPasskey(tx, deps, loaded, factor.passkey, client)
  if (wrong) {
    const detail = { mfaMethod: method }
    await activity.record(tx, account.id, { type: 'undo.failed', client, detail })
    return wrong
  }
  await consumeChallenge(tx, challenge.id)
  return undefined
}

async function verifyUndoCode(
  tx: Tx,
  deps: ChallengeDeps,
  loaded: LoadedChallenge,
  attempt: { mfaMethod?: ChallengeMethod | undefined; code: string },
  client: Client,
): Promise<{ attemptsLeft: number } | undefined> {
  const bucket = { limit: rateLimits.wrongUndoCodesPerDay, key: loaded.account.id }
  const result = await verifyCode(tx, deps, loaded, attempt, [bucket])
  if ('attemptsLeft' in result) return result
  if (result.method === 'recoveryCode') await recordRecoveryCodeUse(tx, loaded.account, client)
  return undefined
}

/** No rate limit applies: a signature cannot be guessed. */
async function verifyUndoPasskey(
  tx: Tx,
  deps: ChallengeDeps,
  { account, challenge, undoToken }: LoadedChallenge,
  passkey: VerifiedPasskey | undefined,
  client: Client,
): Promise<{ attemptsLeft: number } | undefined> {
  const { enrollment } = await readUsableFactors(tx, deps, account, undoToken)
  const { removed } = enrollment
  if (passkey && (await recordPasskeyUse(tx, deps, account, passkey, client, { removed }))) {
    return undefined
  }
  await countFailedAttempt(tx, challenge.id)
  return { attemptsLeft: maxAttemptsPerChallenge - challenge.failed_attempts - 1 }
}

/** Whether any factor can complete a sign-in: after an undo, MFA must not be on without one. */
export async function hasUsableFactor(
  tx: Tx,
  deps: ChallengeDeps,
  account: LockedAccount,
): Promise<boolean> {
  const { usable } = await readUsableFactors(tx, deps, account)
  return usable.length > 0
}
