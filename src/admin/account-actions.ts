import { resetCodeLifetimeMs } from '../accounts/password/password-reset.ts'
import * as activity from '../activity/activity.ts'
import { newCode } from '../lib/random.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import { type LockedAccount, lockAccount } from '../sessions/locked-account.ts'
import { endSessions } from '../sessions/session.ts'
import { listTrustedDevices, removeTrust } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/transaction.ts'
import { changeCredentials, notifyOwner } from '../undo/credential-change.ts'
import { issueResetCode } from '../verification/reset-token.ts'

/**
 * An operator's action on a locked account. Changes nothing and sends no notice if the account is in
 * the wanted state already.
 *
 * @returns whether anything changed
 */
export type AccountAction = (
  tx: Tx,
  account: LockedAccount,
  cause: activity.OperatorCause,
) => Promise<boolean>

/**
 * Suspends an account: no method signs in, sessions end, and pending challenges and trusted devices
 * become void. The owner's undo links still restore credentials, but don't lift the suspension.
 */
export const suspendAccount: AccountAction = async (tx, account, cause) => {
  if (account.suspended_since !== null) return false
  const at = tx.now()
  const { reason } = cause
  await changeCredentials(tx, account, {
    type: 'account.suspended',
    cause,
    notice: 'account-suspended',
    params: { at, reason },
    undoable: false,
    set: { suspended_since: at, suspended_reason: reason },
  })
  await endSessions(tx, account.id)
  return true
}

/** Lifts a suspension. Sessions and trusted devices that it ended stay ended. */
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
  const params = { at: tx.now(), reason: cause.reason }
  await notifyOwner(tx, account, { template: 'account-unsuspended', params })
  return true
}

/** Ends all sessions of an account and the trust in its devices. */
export const signOutEverywhere: AccountAction = async (tx, account, cause) => {
  const trustedDevices = await listTrustedDevices(tx, account.id)
  await removeTrust(tx, account.id)
  if (!(await endSessions(tx, account.id)) && trustedDevices.length === 0) return false
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  const detail = { reason: 'ended_by_operator', which: 'all', ...operatorDetail }
  await activity.record(tx, account.id, { type: 'session.ended', ...attribution, detail })
  const params = { at: tx.now(), reason: cause.reason }
  await notifyOwner(tx, account, { template: 'sessions-ended', params })
  return true
}

/**
 * Requires a new password: the old one no longer signs in, all sessions end, and a reset code is
 * mailed to the owner. Each call mails another code.
 */
export const requirePasswordReset: AccountAction = async (tx, account, cause) => {
  const at = tx.now()
  await changeCredentials(tx, account, {
    type: 'password.reset_required',
    cause,
    notice: 'password-reset-required',
    params: { at, reason: cause.reason },
    undoable: false,
    set: { password_reset_required_since: at },
  })
  await endSessions(tx, account.id)
  const updated = await lockAccount(tx, account.id)
  if (updated) await sendResetCode(tx, updated, 'reset-code')
  return true
}

/** Mails a code that sets the password, unless the account is suspended or deleted. */
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
