import { appsOfSessions, enqueueLogouts } from '../apps/logout/session-app.ts'
import { now, toIsoString } from '../lib/clock.ts'
import { isMfaOn, type MfaColumns } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import type { TokenSubject } from './access-token.ts'
import { parseAmr } from './assurance.ts'

/** The settings that apply to every session. */
export interface SessionRules {
  /** Seconds without a refresh after which a session ends. */
  sessionIdleTimeout: number
  /** Seconds after which a session ends in any case. */
  sessionLifetime: number
  mfaPolicy: 'optional' | 'required'
}

/** Whether sessions of the account may only set up MFA: the policy requires it, and it is not on. */
export function isSetupSession(
  { mfaPolicy }: Pick<SessionRules, 'mfaPolicy'>,
  account: MfaColumns,
): boolean {
  return mfaPolicy === 'required' && !isMfaOn(account)
}

/** A session that was just created or renewed, with its refresh token. */
export interface IssuedSession extends TokenSubject {
  refreshToken: string
  /** Milliseconds since 1970. */
  refreshExpiresAt: number
  /** The token that the client’s device keeps; absent if the session was only renewed. */
  deviceToken?: string
}

/** Ends one session of an account and with it its tokens. @returns whether it was live */
export async function endSession(tx: Tx, account: string, session: string): Promise<boolean> {
  return (await endMatching(tx, { account, session })).length > 0
}

/** Ends all sessions of an account, or all but one. @returns whether any was live */
export async function endSessions(
  tx: Tx,
  account: string,
  exceptSession?: string,
): Promise<boolean> {
  return (await endMatching(tx, { account, exceptSession })).length > 0
}

/** Ends all sessions of all accounts. @returns the accounts of those that were live */
export async function endAllSessions(tx: Tx): Promise<Set<string>> {
  return new Set((await endMatching(tx, {})).map(({ account_id }) => account_id))
}

/**
 * Ends sessions: the only statement that does, so that their applications learn of every end. Includes
 * expired sessions: another node’s clock may be behind and still accept them, and an application may
 * have a longer session of its own.
 *
 * @returns those that were live
 */
async function endMatching(
  tx: Tx,
  {
    account,
    session,
    exceptSession,
  }: { account?: string; session?: string; exceptSession?: string | undefined },
) {
  const ended = await tx
    .updateTable('session')
    .set({ ended_at: tx.now(), refresh_token_sealed: null })
    .where('ended_at', 'is', null)
    .$if(account !== undefined, (query) => query.where('account_id', '=', account ?? ''))
    .$if(session !== undefined, (query) => query.where('id', '=', session ?? ''))
    .$if(exceptSession !== undefined, (query) => query.where('id', '!=', exceptSession ?? ''))
    .returning(['id', 'account_id', 'expires_at', 'idle_until'])
    .execute()
  await enqueueLogouts(tx, ended)
  return ended.filter(wasLive)
}

function wasLive(session: { expires_at: number; idle_until: number }): boolean {
  return Math.min(session.expires_at, session.idle_until) > now()
}

/** The number of live sessions. */
export async function countSessions(db: Db | Tx, account: string): Promise<number> {
  const { count } = await db
    .selectFrom('session')
    .select((session) => session.fn.countAll<number>().as('count'))
    .where('account_id', '=', account)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now())
    .where('idle_until', '>', now())
    .executeTakeFirstOrThrow()
  return count
}

/** The live sessions, newest first, at most 100. */
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
  const apps = await appsOfSessions(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    id: row.id,
    current: row.id === current,
    createdAt: toIsoString(row.created_at),
    lastUsedAt: toIsoString(row.last_used_at),
    ipAddress: row.ip_address,
    userAgent: row.user_agent,
    amr: parseAmr(row.amr),
    apps: apps.get(row.id) ?? [],
  }))
}
