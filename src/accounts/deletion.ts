import { setImmediate } from 'node:timers/promises'
import * as activity from '../activity/activity.ts'
import { now } from '../lib/clock.ts'
import type { Principal } from '../sessions/guard.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { endSessions } from '../sessions/session.ts'
import { removeTrust } from '../sessions/trusted-device.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction, Tx } from '../store/transaction.ts'
import { changeCredentials } from '../undo/credential-change.ts'
import { undoPeriodMs } from '../undo/undo-token.ts'
import { retireUsername } from './username.ts'

/**
 * Closes an account: all its sessions end and nobody can sign in. The owner can undo it for
 * `undoPeriodMs`; after that, `eraseDeletedAccounts` erases the account.
 */
export async function deleteAccount(
  tx: Tx,
  account: LockedAccount,
  principal: Principal,
): Promise<void> {
  await changeCredentials(tx, account, {
    type: 'account.deleted',
    cause: { by: 'owner', ...principal },
    notice: 'account-deleted',
    params: { at: tx.now() },
    set: { deleted_at: tx.now() },
    updateRows: () => removeTrust(tx, account.id),
  })
  await endSessions(tx, account.id)
}

/**
 * Erases accounts whose deletion can no longer be undone. Only an anonymous activity entry remains,
 * and a keyed hash of the username, so that nobody signs up with it.
 *
 * @param signal ends it early, between two accounts
 */
export async function eraseDeletedAccounts(
  db: Db,
  transaction: RunTransaction,
  signal: AbortSignal | undefined,
): Promise<void> {
  const due = await db
    .selectFrom('account')
    .select('id')
    .where('deleted_at', '<', now() - undoPeriodMs)
    .execute()
  for (const { id } of due) {
    if (signal?.aborted) return
    await transaction(async (tx) => {
      const profile = await tx
        .selectFrom('profile')
        .select('username_key')
        .where('account_id', '=', id)
        .executeTakeFirst()
      const { numDeletedRows } = await tx
        .deleteFrom('account')
        .where('id', '=', id)
        .where('deleted_at', '<', tx.now() - undoPeriodMs)
        .executeTakeFirstOrThrow()
      if (numDeletedRows > 0n) {
        const usernameKey = profile?.username_key ?? null
        if (usernameKey !== null) await retireUsername(tx, usernameKey)
        await activity.recordErasure(tx, id)
      }
    })
    // SQLite answers without giving other requests their turn.
    await setImmediate()
  }
}
