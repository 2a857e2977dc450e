import { now, toIsoString } from '../lib/clock.ts'
import { isMfaOn, type MfaColumns } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import type { TokenSubject } from './access-token.ts'
import { parseAmr } from './assurance.ts'

/** What holds for every session. */
export interface SessionRules {
  /** Seconds without a refresh, and seconds in all, after which it ends. */
  sessionIdleTimeout: number
  sessionLifetime: number
  mfaPolicy: 'optional' | 'required'
}

/**
 * Whether a session may do nothing but set MFA up: where the operator requires it of everyone, and
 * this account has none yet.
 */
export function isSetupSession(
  { mfaPolicy }: Pick<SessionRules, 'mfaPolicy'>,
  account: MfaColumns,
): boolean {
  return mfaPolicy === 'required' && !isMfaOn(account)
}

/** A session that was just made or renewed, with the one secret that keeps it alive. */
export interface IssuedSession extends TokenSubject {
  refreshToken: string
  /** Milliseconds since 1970. */
  refreshExpiresAt: number
  /** Set if the device is trusted from now on. */
  deviceToken?: string
}

/** Ends one session of an account. Its tokens stop working at once. @returns whether it was alive */
export async function endSession(tx: Tx, account: string, session: string): Promise<boolean> {
  const ended = await endSessionsQuery(tx, account).where('id', '=', session).execute()
  return ended.some(wasLive)
}

/** Ends all sessions of an account, or all but one. @returns whether any was alive */
export async function endSessions(
  tx: Tx,
  account: string,
  exceptSession?: string,
): Promise<boolean> {
  const ended = await endSessionsQuery(tx, account)
    .$if(exceptSession !== undefined, (query) => query.where('id', '!=', exceptSession ?? ''))
    .execute()
  return ended.some(wasLive)
}

/** Those that have expired too: by the clock of another node they may not have. */
function endSessionsQuery(tx: Tx, account: string) {
  return tx
    .updateTable('session')
    .set({ ended_at: tx.now() })
    .where('account_id', '=', account)
    .where('ended_at', 'is', null)
    .returning(['expires_at', 'idle_until'])
}

function wasLive(session: { expires_at: number; idle_until: number }): boolean {
  return Math.min(session.expires_at, session.idle_until) > now()
}

/** How many sessions are alive. */
export async function countSessions(db: Db | Tx, account: string): Promise<number> {
  const { alive: count } = await db
    .selectFrom('session')
    .select((session) => session.fn.countAll<number>().as('alive'))
    .where('account_id', '=', account)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now())
    .where('idle_until', '>', now())
    .executeTakeFirstOrThrow()
  return count
}

/** Sessions that are alive, newest first. */
export async function listSessions(db: Db | Tx, account: string, current: string) {
  const rows = await db
    .selectFrom('session')
    .select(['id', 'created_at', 'last_used_at', 'ip_address', 'user_agent', 'amr'])
    .where('account_id', '=', account)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now())
    .where('idle_until', '>', now())
    .orderBy('id', 'desc')
    .limit(100)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    current: row.id === current,
    createdAt: toIsoString(row.created_at),
    lastUsedAt: toIsoString(row.last_used_at),
    ipAddress: row.ip_address,
    userAgent: row.user_agent,
    amr: parseAmr(row.amr),
  }))
}
