import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import { newToken } from '../lib/random.ts'
import { mfaColumns } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'
import { parseAmr } from './assurance.ts'
import { type IssuedSession, isSetupSession, type SessionRules } from './session.ts'

const purpose = 'refresh_token'

/**
 * Grace period for reuse. Within it a used refresh token is only rejected: two tabs or a lost
 * response explain it. Later reuse means that owner and thief both hold the token; it ends the session.
 */
const reuseGraceMs = 10 * second

/** Issues the first or next refresh token of a session. Stores its hash only. @returns the token */
export async function issueRefreshToken(tx: Tx, session: string): Promise<string> {
  const token = newToken()
  await tx
    .insertInto('refresh_token')
    .values({
      token_hash: tx.keyring.hash(token, purpose),
      session_id: session,
      created_at: tx.now(),
      used_at: null,
    })
    .execute()
  return token
}

/**
 * Rotates a refresh token (RFC 9700 §4.14.2). Of concurrent requests with one token, one succeeds.
 * The session’s AMR values and time of authentication do not change.
 *
 * @returns undefined if the token is unknown or used, its session has ended, or the account is
 * suspended
 */
export async function refreshSession(
  tx: Tx,
  options: { refreshToken: string; client: Client; rules: SessionRules },
): Promise<IssuedSession | undefined> {
  const { refreshToken, client, rules } = options
  const hashes = tx.keyring.hashWithAllKeys(refreshToken, purpose)

  // Session before refresh token, wherever both are updated: one lock order avoids deadlocks.
  const session = await tx
    .updateTable('session')
    .set({ last_used_at: tx.now(), idle_until: tx.now() + rules.sessionIdleTimeout * second })
    .where('id', 'in', (query) =>
      query
        .selectFrom('refresh_token')
        .select('session_id')
        .where('token_hash', 'in', hashes)
        .where('used_at', 'is', null),
    )
    .where('ended_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .where('idle_until', '>', tx.now())
    .returning(['id', 'account_id', 'authenticated_at', 'amr', 'expires_at', 'idle_until'])
    .executeTakeFirst()
  if (!session || !(await markUsed(tx, hashes))) {
    await endSessionIfReused(tx, hashes, client)
    return undefined
  }

  const account = await tx
    .selectFrom('account')
    .select([...mfaColumns, 'suspended_since'])
    .where('id', '=', session.account_id)
    .executeTakeFirstOrThrow()
  if (account.suspended_since !== null) return undefined

  return {
    account: session.account_id,
    session: session.id,
    authenticatedAt: session.authenticated_at,
    amr: parseAmr(session.amr),
    setupOnly: isSetupSession(rules, account),
    refreshToken: await issueRefreshToken(tx, session.id),
    refreshExpiresAt: Math.min(session.idle_until, session.expires_at),
  }
}

/** @returns whether it was still unused; the loser of a race waited for the session row and gets false */
async function markUsed(tx: Tx, hashes: string[]): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('refresh_token')
    .set({ used_at: tx.now() })
    .where('token_hash', 'in', hashes)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0
}

async function endSessionIfReused(tx: Tx, hashes: string[], client: Client): Promise<void> {
  const ended = await tx
    .updateTable('session')
    .set({ ended_at: tx.now() })
    .where('ended_at', 'is', null)
    .where('id', 'in', (query) =>
      query
        .selectFrom('refresh_token')
        .select('session_id')
        .where('token_hash', 'in', hashes)
        .where('used_at', '<', tx.now() - reuseGraceMs),
    )
    .returning(['id', 'account_id'])
    .executeTakeFirst()
  if (!ended) return
  await activity.record(tx, ended.account_id, {
    type: 'session.ended',
    client,
    session: ended.id,
    detail: { reason: 'refresh_token_reused' },
  })
}
