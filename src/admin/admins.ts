import * as activity from '../activity/activity.ts'
import { tellOwner } from '../activity/change.ts'
import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import type { HeldAccount } from '../sessions/guard.ts'
import type { Tx } from '../store/open.ts'

/**
 * Makes the owner of a held account an operator, or an ordinary person again. The command line
 * alone does it: no call does, so that nobody becomes one by another's token. It holds for as long
 * as their MFA stays on.
 *
 * @returns whether it was needed
 * @throws Problem `mfa_set_up_required` if their MFA is off
 */
export async function setAdmin(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  cause: activity.OperatorCause,
  isAdmin: boolean,
): Promise<boolean> {
  const { id, mfa_on_since } = account
  if (isAdmin && mfa_on_since === null) {
    throw new Problem(
      'mfa_set_up_required',
      'Nobody is an operator without MFA, and theirs is off. Have them turn it on, then run this again.',
    )
  }
  const { numUpdatedRows } = await tx
    .updateTable('account')
    .set({ operator_since: isAdmin ? Math.max(now(), mfa_on_since ?? 0) : null })
    .where('id', '=', id)
    .where((row) =>
      isAdmin
        ? row.or([row('operator_since', 'is', null), row('operator_since', '<', mfa_on_since)])
        : row('operator_since', 'is not', null),
    )
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  const type = isAdmin ? 'admin.added' : 'admin.removed'
  await activity.record(tx, id, { type, ...activity.traceOf(cause) })
  const template = isAdmin ? 'admin-added' : 'admin-removed'
  await tellOwner(tx, keys, account, { template, params: { at: now() } })
  return true
}
