import { type NotNull, sql } from 'kysely'
import * as activity from '../activity/activity.ts'
import { sealContext } from '../keys/sealed-columns.ts'
import type { Client } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { newToken } from '../lib/random.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import { mfaColumns } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { RefreshTokenTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { parseAmr } from './assurance.ts'
import { endSession, type IssuedSession, isSetupSession, type SessionRules } from './session.ts'

const purpose = 'refresh_token'

/**
 * Grace period after a refresh. Within it the refresh is repeated even though its response arrived: two
 * tabs, a retry or a page left explain the second use of its token.
 */
const graceMs = 10 * second

/** Issues the refresh token of a session’s current generation. Stores its hash. @returns the token */
export async function issueRefreshToken(
  tx: Tx,
  session: { id: string; generation: number },
): Promise<string> {
  const token = newToken()
  await insertRefreshToken(tx, {
    token_hash: tx.keyring.hash(token, purpose),
    session_id: session.id,
    generation: session.generation,
    created_at: tx.now(),
    used_at: null,
  })
  return token
}

const insertRefreshToken = prepared((db, row: RefreshTokenTable) =>
  db.insertInto('refresh_token').values(row),
)

/**
 * Rotates a refresh token (RFC 9700 §4.14.2), or repeats the refresh that rotated it: concurrent
 * requests with one token get one successor, and so does a client that never received it. Any other
 * use of a used token is reuse and ends the session. The session’s AMR values and time of
 * authentication do not change.
 *
 * @param options.account the account that a page shows, if it names one; the token must be of it
 * @returns undefined if the token is unknown, superseded or reused, its session has ended, or the
 * account is suspended
 * @throws Problem `too_many_attempts`: the transaction must roll back, so that the token stays unused;
 * `another_account`: the browser has one cookie for all its tabs
 */
export async function refreshSession(
  tx: Tx,
  options: {
    refreshToken: string
    account?: string | undefined
    client: Client
    rules: SessionRules
    rateLimiter: RateLimiter
  },
): Promise<IssuedSession | undefined> {
  const { refreshToken, account, client, rules, rateLimiter } = options
  const hashes = tx.keyring.hashWithAllKeys(refreshToken, purpose)
  // Session before refresh token, wherever both are updated: one lock order avoids deadlocks.
  const session = await lockSession(tx, hashes)
  if (!session) return undefined
  if (account !== undefined && account !== session.account_id) {
    throw new Problem('another_account', 'Another account is signed in in this browser now.')
  }

  const idleUntil = tx.now() + rules.sessionIdleTimeout * second
  const refreshed = (await markUsed(tx, hashes))
    ? await rotate(tx, rateLimiter, session, idleUntil)
    : await repeatRefresh(tx, session, { hashes, idleUntil, client })
  if (!refreshed) return undefined

  return {
    account: session.account_id,
    session: session.id,
    authenticatedAt: session.authenticated_at,
    amr: parseAmr(session.amr),
    setupOnly: isSetupSession(rules, session),
    generation: refreshed.generation,
    refreshToken: refreshed.refreshToken,
    refreshExpiresAt: Math.min(refreshed.idleUntil, session.expires_at),
  }
}

/** The session that a refresh token belongs to, used or not; undefined for an unknown one. */
export async function findSessionOfToken(tx: Tx, token: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('refresh_token')
    .select('session_id')
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, purpose))
    .executeTakeFirst()
  return row?.session_id
}

interface Refreshed {
  generation: number
  refreshToken: string
  idleUntil: number
}

type LockedSession = NonNullable<Awaited<ReturnType<typeof lockSession>>>

/** When the token was issued that, in an hour, leaves no room for another. Counting costs no statement. */
const refreshHitAt = sql<number | null>`(
  select created_at from refresh_token as earlier
  where earlier.session_id = session.id
  and earlier.generation = session.generation + 1 - ${sql.lit(rateLimits.refreshesPerSession.max)}
)`.as('refresh_hit_at')

/** Locks the live session of a token, so that refreshes of one session take turns. */
function lockSession(tx: Tx, hashes: string[]) {
  return tx
    .selectFrom('session')
    .innerJoin('account', 'account.id', 'session.account_id')
    .select(['session.id', 'account_id', 'authenticated_at', 'amr', 'expires_at', 'idle_until'])
    .select(['generation', 'authenticated_generation'])
    .select(['refresh_token_sealed', 'repeatable_until', 'repeated_late_at'])
    .select(mfaColumns)
    .select(refreshHitAt)
    .where('session.id', 'in', (query) =>
      query.selectFrom('refresh_token').select('session_id').where('token_hash', 'in', hashes),
    )
    .where('ended_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .where('idle_until', '>', tx.now())
    .where('suspended_since', 'is', null)
    .forNoKeyUpdate('session')
    .executeTakeFirst()
}

/** @returns whether it was still unused */
async function markUsed(tx: Tx, hashes: string[]): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('refresh_token')
    .set({ used_at: tx.now() })
    .where('token_hash', 'in', hashes)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0
}

async function rotate(
  tx: Tx,
  rateLimiter: RateLimiter,
  session: LockedSession,
  idleUntil: number,
): Promise<Refreshed> {
  rateLimiter.check(rateLimits.refreshesPerSession, session.refresh_hit_at)
  const next = { id: session.id, generation: session.generation + 1 }
  const refreshToken = await issueRefreshToken(tx, next)
  const context = sealContext('session', session.id)
  await tx
    .updateTable('session')
    .set({
      last_used_at: tx.now(),
      idle_until: idleUntil,
      generation: next.generation,
      refresh_token_sealed: tx.keyring.seal(refreshToken, context),
      // A thief one step behind the owner would need a late repeat of every refresh.
      repeatable_until: session.repeated_late_at === null ? null : tx.now() + graceMs,
      repeated_late_at: null,
    })
    .where('id', '=', session.id)
    .execute()
  return { generation: next.generation, refreshToken, idleUntil }
}

/** Repeats the latest refresh if the token was used for it and it may be repeated. */
async function repeatRefresh(
  tx: Tx,
  session: LockedSession,
  options: { hashes: string[]; idleUntil: number; client: Client },
): Promise<Refreshed | undefined> {
  const { hashes, idleUntil, client } = options
  const token = await findUsedToken(tx, hashes)
  if (!token) return undefined
  const isLate = tx.now() > token.used_at + graceMs

  // Superseded by a reauthentication: the next token is recent, so this one must not get it.
  const isSuperseded = token.generation < session.authenticated_generation
  if (isSuperseded && !isLate) return undefined

  const { refresh_token_sealed: sealed, repeatable_until: until } = session
  const isLatest = token.generation === session.generation - 1
  if (!isLatest || sealed === null || (until !== null && tx.now() > until)) {
    await endReusedSession(tx, session, client)
    return undefined
  }

  const isFirstLate = isLate && until === null
  if (isFirstLate) {
    await tx
      .updateTable('session')
      .set({
        last_used_at: tx.now(),
        idle_until: idleUntil,
        repeatable_until: tx.now() + graceMs,
        repeated_late_at: tx.now(),
      })
      .where('id', '=', session.id)
      .execute()
  }
  return {
    generation: session.generation,
    refreshToken: tx.keyring.open(sealed, sealContext('session', session.id)),
    idleUntil: isFirstLate ? idleUntil : session.idle_until,
  }
}

function findUsedToken(tx: Tx, hashes: string[]) {
  return tx
    .selectFrom('refresh_token')
    .select(['generation', 'used_at'])
    .where('token_hash', 'in', hashes)
    .where('used_at', 'is not', null)
    .$narrowType<{ used_at: NotNull }>()
    .executeTakeFirst()
}

async function endReusedSession(tx: Tx, session: LockedSession, client: Client): Promise<void> {
  await endSession(tx, session.account_id, session.id)
  await activity.record(tx, session.account_id, {
    type: 'session.ended',
    client,
    session: session.id,
    detail: { reason: 'refresh_token_reused' },
  })
}

/**
 * Records that the response of the latest refresh arrived: an access token issued with it was used.
 * From then on the refresh is repeated within its grace period only. One write per refresh.
 */
export async function confirmRefresh(
  db: Db,
  { session, generation }: { session: string; generation: number },
): Promise<void> {
  await db
    .updateTable('session')
    .set((column) => ({ repeatable_until: column('last_used_at', '+', graceMs) }))
    .where('id', '=', session)
    .where('generation', '=', generation)
    .where('repeatable_until', 'is', null)
    .execute()
}
