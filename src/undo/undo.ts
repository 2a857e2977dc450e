import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { secondsUntil } from '../lib/clock.ts'
import { forgetNetworks } from '../sessions/known-network.ts'
import { lockAccount } from '../sessions/locked-account.ts'
import { endSessions } from '../sessions/session.ts'
import { removeTrust } from '../sessions/trusted-device.ts'
import { lockEmails } from '../store/locks.ts'
import type { Tx } from '../store/transaction.ts'
import { issueResetToken } from '../verification/reset-token.ts'
import { notifyOwner } from './credential-change.ts'
import { restoreSnapshot } from './snapshot.ts'
import { accountOfUndoToken, redeemUndoToken } from './undo-token.ts'

/** The undone change, and the token that sets the next password. */
export interface UndoResult {
  status: 'undone'
  /** Activity type of the change. */
  undone: string
  email: string
  resetToken: string
  expiresIn: number
}

/**
 * Undoes a change and every change after it: restores everything that decides how the account signs
 * in, ends all sessions and the trust in all devices, and forgets all networks but the client’s.
 * Nobody can sign in until the reset token has set a new password, which leaves no other device known.
 *
 * @returns undefined for a token that is unknown, used, voided or expired
 */
export async function undo(
  tx: Tx,
  { token, client }: { token: string; client: Client },
): Promise<UndoResult | undefined> {
  const id = await accountOfUndoToken(tx, token)
  const accountBefore = id === undefined ? undefined : await lockAccount(tx, id)
  const redeemed = accountBefore && (await redeemUndoToken(tx, token))
  if (!id || !accountBefore || !redeemed) return undefined
  const { type, snapshot } = redeemed

  // Before the address changes: that update also locks the account against inserts of rows that
  // refer to it, and such a transaction may hold one of these sessions.
  await endSessions(tx, id)
  await removeTrust(tx, id)
  await forgetNetworks(tx, id, client)
  await lockEmails(tx, accountBefore.email_key, snapshot.account.email_key)
  await restoreSnapshot(tx, accountBefore, snapshot)
  const account = await lockAccount(tx, id)
  if (!account) throw new Error('The account disappeared while a change of it was being undone.')

  await activity.record(tx, id, { type: 'change.undone', client, detail: { undone: type } })
  await notifyOwner(tx, account, { template: 'change-undone', params: { at: tx.now() } })
  const { resetToken, expiresAt } = await issueResetToken(tx, account)
  return {
    status: 'undone',
    undone: type,
    email: account.email,
    resetToken,
    expiresIn: secondsUntil(expiresAt),
  }
}
