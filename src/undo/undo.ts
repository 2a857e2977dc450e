import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { secondsUntil } from '../lib/clock.ts'
import { lockAccount } from '../sessions/guard.ts'
import { endSessions } from '../sessions/session.ts'
import { deleteTrustedDevices } from '../sessions/trusted-device.ts'
import { lockEmails } from '../store/locks.ts'
import type { Tx } from '../store/transaction.ts'
import { issueResetToken } from '../verification/reset-token.ts'
import { notifyOwner } from './credential-change.ts'
import { restoreSnapshot } from './snapshot.ts'
import { accountOfUndoToken, redeemUndoToken } from './undo-token.ts'

/** What was undone, and what opens the account again. */
export interface UndoResult {
  status: 'undone'
  /** The activity type of the change. */
  undone: string
  email: string
  resetToken: string
  expiresIn: number
}

/**
 * The way back: all that decided how the account signed in before a change is put back, so that
 * whatever came after the change goes with it. Everyone is signed out, no device is trusted, and
 * nobody gets in until the reset token has set a new password.
 *
 * @returns undefined for a token that is unknown, used, void or too old
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

  // Before the address comes back: that locks the account also for whoever only refers to it, and
  // they may have one of these sessions.
  await endSessions(tx, id)
  await deleteTrustedDevices(tx, id)
  await lockEmails(tx, accountBefore.email_key, snapshot.account.email_key)
  await restoreSnapshot(tx, accountBefore, snapshot)
  const account = await lockAccount(tx, id)
  if (!account) throw new Error('The account of a way back is gone.')

  await activity.record(tx, id, { type: 'change.undone', client, detail: { undone: type } })
  await notifyOwner(tx, account, { template: 'change-undone', params: { at: tx.now() } })
  const { resetToken, until: expiresAt } = await issueResetToken(tx, account)
  return {
    status: 'undone',
    undone: type,
    email: account.email,
    resetToken,
    expiresIn: secondsUntil(expiresAt),
  }
}
