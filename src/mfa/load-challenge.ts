import { lockAccount } from '../sessions/locked-account.ts'
import { ensureNotSuspended } from '../sessions/suspension.ts'
import { prepared } from '../store/prepared-query.ts'
import type { ChallengeTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { openUndoToken } from '../undo/undo-token.ts'
import { maxAttemptsPerChallenge, mfaTokenExpired } from '../verification/challenge-row.ts'
import type { ChallengeMethod } from './methods/methods.ts'

/** The purpose for which an `mfaToken` is hashed. */
export const challengeTokenPurpose = 'mfa_token'

type Purpose = ChallengeTable['purpose']

const signInPurposes: readonly Purpose[] = ['signIn', 'reauthenticate']

/** The purposes of challenges that a client has an mfaToken of. */
export const anyPurpose: readonly Purpose[] = [...signInPurposes, 'undo']

export type LoadedChallenge = Awaited<ReturnType<typeof loadChallenge>>

/**
 * Loads a pending challenge by its token or id, and locks its account.
 *
 * @param purposes the challenges that the caller accepts
 * @throws Problem `mfa_token_expired` or `account_suspended`
 */
export async function loadChallenge(
  tx: Tx,
  lookup: { mfaToken: string } | { id: string },
  purposes = signInPurposes,
) {
  const [found] =
    'id' in lookup
      ? await selectById(tx, lookup)
      : await selectByToken(tx, {
          hashes: tx.keyring.hashWithAllKeys(lookup.mfaToken, challengeTokenPurpose),
        })
  const account = found && (await lockAccount(tx, found.account_id))
  if (!found || !account) throw mfaTokenExpired()

  // Read under the lock: a concurrent transaction may have consumed or voided the challenge.
  const [challenge] = await selectPending(tx, {
    id: found.id,
    purposes,
    version: account.credential_version,
    at: tx.now(),
  })
  if (!challenge) throw mfaTokenExpired()
  const undoToken =
    challenge.undo_token_id === null ? undefined : await openUndoToken(tx, challenge.undo_token_id)
  if (challenge.purpose === 'undo' && !undoToken) throw mfaTokenExpired()
  if (challenge.purpose !== 'undo') ensureNotSuspended(account)
  const method = challenge.method as ChallengeMethod
  return { account, challenge: { ...challenge, method }, undoToken }
}

const selectById = prepared((db, { id }: { id: string }) =>
  db.selectFrom('challenge').select(['id', 'account_id']).where('id', '=', id),
)

const selectByToken = prepared((db, { hashes }: { hashes: string[] }) =>
  db.selectFrom('challenge').select(['id', 'account_id']).where('token_hash', 'in', hashes),
)

const selectPending = prepared(
  (
    db,
    {
      id,
      purposes,
      version,
      at,
    }: { id: string; purposes: readonly Purpose[]; version: number; at: number },
  ) =>
    db
      .selectFrom('challenge')
      .select(['id', 'account_id', 'purpose', 'session_id', 'device_id', 'undo_token_id', 'method'])
      .select(['failed_attempts', 'sent_to', 'sent_at', 'code_hash', 'code_expires_at'])
      .where('id', '=', id)
      .where('purpose', 'in', purposes)
      .where('consumed_at', 'is', null)
      .where('expires_at', '>', at)
      .where('failed_attempts', '<', maxAttemptsPerChallenge)
      .where('credential_version', '=', version),
)
