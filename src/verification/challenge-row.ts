import { minute } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import { prepared } from '../store/prepared-query.ts'
import type { Tx } from '../store/transaction.ts'

/** Leaves time to find the phone, and to get a second code if the first is lost. */
export const challengeLifetimeMs = 10 * minute

/** Wrong codes per challenge. `codeAttemptBuckets` limits them per account. */
export const maxAttemptsPerChallenge = 5

/** A challenge row bound to the current credential version, with no code sent and no attempt made. */
export function newChallengeRow(tx: Tx, account: { id: string; credential_version: number }) {
  return {
    id: newId(),
    account_id: account.id,
    token_hash: null,
    session_id: null,
    undo_token_id: null,
    device_id: null,
    credential_version: account.credential_version,
    sent_to: null,
    code_hash: null,
    code_expires_at: null,
    sent_at: null,
    send_count: 0,
    failed_attempts: 0,
    created_at: tx.now(),
    expires_at: tx.now() + challengeLifetimeMs,
    consumed_at: null,
  }
}

/** Consumes a challenge. @throws Problem `mfa_token_expired` if another request consumed it first */
export async function consumeChallenge(tx: Tx, id: string): Promise<void> {
  const [consumed] = await markConsumed(tx, { id, at: tx.now() })
  if (!consumed) throw mfaTokenExpired()
}

const markConsumed = prepared((db, { id, at }: { id: string; at: number }) =>
  db
    .updateTable('challenge')
    .set({ consumed_at: at })
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .returning('id'),
)

export async function countFailedAttempt(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('challenge')
    .set((row) => ({ failed_attempts: row('failed_attempts', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

export function mfaTokenExpired(): Problem {
  return new Problem(
    'mfa_token_expired',
    'This took too long, or there were too many attempts. Please start again.',
  )
}
