import { resetCodeLifetimeMs } from '../accounts/password/password-reset.ts'
import * as activity from '../activity/activity.ts'
import { now } from '../lib/clock.ts'
import { newCode } from '../lib/random.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import { type LockedAccount, lockAccount } from '../sessions/guard.ts'
import { endSessions } from '../sessions/session.ts'
import { deleteTrustedDevices, listTrustedDevices } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/transaction.ts'
import { changeCredentials, notifyOwner } from '../undo/credential-change.ts'
import { issueResetCode } from '../verification/reset-token.ts'

/**
 * What an operator does to an account that is held. Where it needs none of it nothing happens, and
 * nobody is told.
 *
 * @returns whether it was needed
 */
export type AccountAction = (
  tx: Tx,
  account: LockedAccount,
  cause: activity.OperatorCause,
) => Promise<boolean>

/**
 * Lets nobody in from now on, by whatever way: sessions end, no device is trusted, and what was
 * begun is void. The owner's way back puts back what it puts back, and opens nothing.
 */
export const suspendAccount: AccountAction = async (tx, account, cause) => {
  if (account.suspended_since !== null) return false
  const at = now()
  const { reason } = cause
  await changeCredentials(tx, account, {
    type: 'account.suspended',
    cause,
    notice: 'account-suspended',
    params: { at, reason },
    undoForMs: 0,
    set: { suspended_since: at, suspended_reason: reason },
  })
  await endSessions(tx, account.id)
  return true
}

/** Lets the owner sign in again, as before. What suspending ended stays ended. */
export const unsuspendAccount: AccountAction = async (tx, account, cause) => {
  if (account.suspended_since === null) return false
  await tx
    .updateTable('account')
    .set({ suspended_since: null, suspended_reason: null })
    .where('id', '=', account.id)
    .execute()
  await activity.record(tx, account.id, {
    type: 'account.unsuspended',
    ...activity.attributionOf(cause),
  })
  const params = { at: now(), reason: cause.reason }
  await notifyOwner(tx, account, { template: 'account-unsuspended', params })
  return true
}

/** Signs the owner out everywhere, and trusts no device any more. */
export const signOutEverywhere: AccountAction = async (tx, account, cause) => {
  const trustedDevices = await listTrustedDevices(tx, account.id)
  await deleteTrustedDevices(tx, account.id)
  if (!(await endSessions(tx, account.id)) && trustedDevices.length === 0) return false
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  const detail = { reason: 'ended_by_operator', which: 'all', ...operatorDetail }
  await activity.record(tx, account.id, { type: 'session.ended', ...attribution, detail })
  const params = { at: now(), reason: cause.reason }
  await notifyOwner(tx, account, { template: 'sessions-ended', params })
  return true
}

/**
 * Has the owner choose a new password: the old one opens nothing any more, everyone is signed out,
 * and a code for a new one is mailed. Asked for again, it mails another code.
 */
export const requirePasswordReset: AccountAction = async (tx, account, cause) => {
  const at = now()
  await changeCredentials(tx, account, {
    type: 'password.reset_required',
    cause,
    notice: 'password-reset-required',
    params: { at, reason: cause.reason },
    undoForMs: 0,
    set: { password_reset_required_since: at },
  })
  await endSessions(tx, account.id)
  const updated = await lockAccount(tx, account.id)
  if (updated) await sendResetCode(tx, updated, 'reset-code')
  return true
}

/** Mails the code by which a password can be set, where one can be set. */
export async function sendResetCode(
  tx: Tx,
  account: LockedAccount,
  template: 'reset-code' | 'account-created',
): Promise<void> {
  if (account.suspended_since !== null || account.deleted_at !== null) return
  const code = newCode()
  const expiresAt = tx.now() + resetCodeLifetimeMs
  await issueResetCode(tx, account, { code, expiresAt })
  await enqueueNotification(tx, {
    accountId: account.id,
    to: { channel: 'email', destination: account.email },
    template,
    params: {},
    secret: { kind: 'code', value: code, expiresAt },
  })
}
