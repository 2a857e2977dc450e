import { toIsoString } from '../lib/clock.ts'
import type { Tx } from '../store/transaction.ts'

/** Changes and passkeys that outlive an undo or a reset, perhaps a thief’s: the owner looks through them. */
export interface Leftovers {
  /** Other changes that their own links can still undo, newest first. */
  undoableChanges: {
    /** Activity type of the change. */
    type: string
    changedAt: string
  }[]
  /** All passkeys, newest first, pending ones included. */
  passkeys: { id: string; name: string; createdAt: string }[]
}

/** At most 100, as an account has far fewer changes in a week. */
const maxChanges = 100

export async function listUndoableChanges(
  tx: Tx,
  account: string,
): Promise<Leftovers['undoableChanges']> {
  const rows = await tx
    .selectFrom('undo_token')
    .select(['type', 'created_at'])
    .where('account_id', '=', account)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .orderBy('created_at', 'desc')
    .limit(maxChanges)
    .execute()
  return rows.map((row) => ({ type: row.type, changedAt: toIsoString(row.created_at) }))
}

export async function listRemainingPasskeys(
  tx: Tx,
  account: string,
): Promise<Leftovers['passkeys']> {
  const rows = await tx
    .selectFrom('passkey')
    .select(['id', 'name', 'created_at'])
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .orderBy('id', 'desc')
    .execute()
  return rows.map(({ id, name, created_at }) => ({ id, name, createdAt: toIsoString(created_at) }))
}
