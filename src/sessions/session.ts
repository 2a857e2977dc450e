import { now } from '../lib/clock.ts'
import type { Tx } from '../store/open.ts'
import type { TokenSubject } from './access-token.ts'

/** How long sessions live, in seconds. */
export interface Lifetimes {
  sessionIdle: number
  sessionMax: number
}

/** A session that was just made or renewed, with the one secret that keeps it alive. */
export interface Entered extends TokenSubject {
  refreshToken: string
  /** Milliseconds since 1970. */
  refreshUntil: number
}

/** Ends one session. Its tokens stop working at once. @returns whether it was still alive */
export async function endSession(tx: Tx, session: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('session')
    .set({ ended_at: now() })
    .where('id', '=', session)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0
}

/** Ends all sessions of an account but one. @returns how many ended */
export async function endOtherSessions(tx: Tx, account: string, kept: string): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('session')
    .set({ ended_at: now() })
    .where('account_id', '=', account)
    .where('id', '!=', kept)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}
