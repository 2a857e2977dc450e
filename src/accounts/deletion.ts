import * as activity from '../activity/activity.ts'
import { change, weakeningMs } from '../activity/change.ts'
import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import type { HeldAccount, SignedIn } from '../sessions/guard.ts'
import { endSessions } from '../sessions/session.ts'
import { distrust } from '../sessions/trusted-device.ts'
import type { Db, Tx } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'

/**
 * Closes an account at once: nobody is signed in any more, and nobody can sign in. Its owner is told
 * and can undo it; when that time is over, `eraseDeleted` takes the rest.
 */
export async function deleteAccount(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  who: SignedIn,
): Promise<void> {
  await change(
    tx,
    keys,
    account,
    {
      type: 'account.deleted',
      cause: { by: 'owner', ...who },
      detail: {},
      tell: 'account-deleted',
      params: { at: now() },
      undoForMs: weakeningMs,
    },
    { deleted_at: now() },
    () => distrust(tx, account.id),
  )
  await endSessions(tx, account.id)
}

/** Erases accounts that were deleted long enough ago. Nothing of them is left but that it happened. */
export async function eraseDeleted(db: Db): Promise<void> {
  const due = await db
    .selectFrom('account')
    .select('id')
    .where('deleted_at', '<', now() - weakeningMs)
    .execute()
  for (const { id } of due) {
    await transaction(db, async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('account')
        .where('id', '=', id)
        .where('deleted_at', '<', now() - weakeningMs)
        .executeTakeFirstOrThrow()
      if (numDeletedRows > 0n) {
        await activity.recordErased(tx, id)
      }
    })
  }
}
