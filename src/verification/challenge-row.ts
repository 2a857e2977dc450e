import { minute, now } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import type { Tx } from '../store/transaction.ts'

/** Time to find the phone, and for a second code if the first got lost. */
export const challengeLifetimeMs = 10 * minute

/** Wrong answers that one challenge takes. All of an account together: `guessAt`. */
export const maxAttemptsPerChallenge = 5

/** What every challenge begins with: bound to the account as it is now, nothing sent, nothing tried. */
export function newChallengeRow(account: { id: string; credential_version: number }) {
  return {
    id: newId(),
    account_id: account.id,
    token_hash: null,
    session_id: null,
    credential_version: account.credential_version,
    sent_to: null,
    code_hash: null,
    code_expires_at: null,
    sent_at: null,
    send_count: 0,
    failed_attempts: 0,
    created_at: now(),
    expires_at: now() + challengeLifetimeMs,
    consumed_at: null,
  }
}

/** Uses a challenge up. @throws Problem `mfa_token_expired` if someone else just did */
export async function consumeChallenge(tx: Tx, id: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('challenge')
    .set({ consumed_at: tx.now() })
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw mfaTokenExpired()
}

/** A wrong answer, counted. */
export async function countFailedAttempt(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('challenge')
    .set((row) => ({ failed_attempts: row('failed_attempts', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

export function mfaTokenExpired(): Problem {
  return new Problem('mfa_token_expired', 'This sign-in is no longer open. Please sign in again.')
}
