import * as activity from '../activity/activity.ts'
import { Problem } from '../lib/problem.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { mfaOnSince } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'
import { notifyOwner } from '../undo/credential-change.ts'

/**
 * Grants or revokes the operator role of an account's owner. Only the command line does it, never the
 * API, so that a stolen token grants it to no one. The role lasts while the owner's MFA stays on.
 *
 * @returns whether anything changed
 * @throws Problem `mfa_set_up_required` if their MFA is off
 */
export async function setOperatorRole(
  tx: Tx,
  account: LockedAccount,
  cause: activity.OperatorCause,
  isOperator: boolean,
): Promise<boolean> {
  const onSince = mfaOnSince(account)
  if (isOperator && onSince === null) {
    throw new Problem(
      'mfa_set_up_required',
      'Operators need MFA, and it is off for this account. Have its owner turn it on, then run this again.',
    )
  }
  const { numUpdatedRows } = await tx
    .updateTable('account')
    .set({ operator_since: isOperator ? Math.max(tx.now(), onSince ?? 0) : null })
    .where('id', '=', account.id)
    .where((row) =>
      isOperator
        ? row.or([row('operator_since', 'is', null), row('operator_since', '<', onSince)])
        : row('operator_since', 'is not', null),
    )
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  const type = isOperator ? 'admin.added' : 'admin.removed'
  await activity.record(tx, account.id, { type, ...activity.attributionOf(cause) })
  const template = isOperator ? 'admin-added' : 'admin-removed'
  await notifyOwner(tx, account, { template, params: { at: tx.now() } })
  return true
}
