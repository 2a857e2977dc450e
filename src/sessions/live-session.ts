import { now } from '../lib/clock.ts'
import { compileOnce } from '../store/compile-once.ts'
import { type MfaColumns, mfaColumns } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'

/** A session that has not ended, of an account that is not suspended, with its account’s state. */
export interface LiveSession extends MfaColumns {
  account_id: string
  authenticated_at: number
  generation: number
  authenticated_generation: number
  repeatable_until: number | null
  amr: string
  operator_since: number | null
}

const liveSessionQuery = compileOnce((db, id: string, at: number) =>
  db
    .selectFrom('session')
    .innerJoin('account', 'account.id', 'session.account_id')
    .select(['account_id', 'authenticated_at', 'amr', 'operator_since'])
    .select(['generation', 'authenticated_generation', 'repeatable_until'])
    .select(mfaColumns)
    .where('session.id', '=', id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', at)
    .where('idle_until', '>', at)
    .where('suspended_since', 'is', null),
)

export function findLiveSession(db: Db | Tx, id: string): Promise<LiveSession | undefined> {
  return liveSessionQuery(db, id, now())
}
