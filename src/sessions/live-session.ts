import { now } from '../lib/clock.ts'
import { type MfaColumns, mfaColumns } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
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

const selectLiveSession = prepared((db, { id, at }: { id: string; at: number }) =>
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

export async function findLiveSession(db: Db | Tx, id: string): Promise<LiveSession | undefined> {
  const [session] = await selectLiveSession(db, { id, at: now() })
  return session
}
