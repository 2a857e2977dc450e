import * as activity from '../activity/activity.ts'
import { tellOwner } from '../activity/change.ts'
import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import type { HeldAccount } from '../sessions/guard.ts'
import type { Tx } from '../store/open.ts'

/**
 * Makes the owner of a held account an operator, or an ordinary person again. The command line
 * alone does it: no call does, so that nobody becomes one by another's token.
 *
 * @returns whether it was needed
 */
export async function setAdmin(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  cause: activity.OperatorCause,
  isAdmin: boolean,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('account')
    .set({ admin_since: isAdmin ? now() : null })
    .where('id', '=', account.id)
    .where('admin_since', isAdmin ? 'is' : 'is not', null)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  const type = isAdmin ? 'admin.added' : 'admin.removed'
  await activity.record(tx, account.id, { type, ...activity.traceOf(cause) })
  const template = isAdmin ? 'admin-added' : 'admin-removed'
  await tellOwner(tx, keys, account, { template, params: { at: now() } })
  return true
}
