import * as activity from '../activity/activity.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Client } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import { newToken } from '../lib/random.ts'
import { mfaColumns } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'
import { parseAmr } from './assurance.ts'
import { type IssuedSession, isSetupSession, type SessionRules } from './session.ts'

const purpose = 'refresh_token'

/**
 * How long a used refresh token is only refused. Later than that its second use means that two
 * have it, the owner and a thief, and ends the session; sooner it means two tabs or a bad line.
 */
const reuseGraceMs = 10 * second

/** The first or next refresh token of a session. @returns the token itself; only its hash is kept */
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
 * Exchanges a refresh token for the next (RFC 9700 §4.14.2). Of many who offer the same one, one
 * gets it. How and when the owner signed in stays as it was.
 *
 * @returns undefined for a token that is unknown, used, or of a session that has ended, and while
 * the account is suspended
 */
export async function refreshSession(
  tx: Tx,
  options: { refreshToken: string; client: Client; keyring: Keyring; rules: SessionRules },
): Promise<IssuedSession | undefined> {
  const { refreshToken, client, keyring, rules } = options
  const hashes = keyring.hashWithAllKeys(refreshToken, purpose)

  // The session first, as wherever both are changed: whoever comes in another order could wait for
  // someone who waits for them.
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

/** @returns whether it was still unused: whoever lost a race waited for the session, and sees it now */
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
