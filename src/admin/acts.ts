import { codeLivesMs } from '../accounts/password/password.ts'
import { newResetCode } from '../accounts/password/reset.ts'
import * as activity from '../activity/activity.ts'
import { change, tellOwner } from '../activity/change.ts'
import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { newCode } from '../lib/random.ts'
import { enqueue } from '../messages/outbox.ts'
import { type HeldAccount, holdAccount } from '../sessions/guard.ts'
import { endSessions } from '../sessions/session.ts'
import { distrust, listTrusted } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/open.ts'

/**
 * What an operator does to an account that is held. Where it needs none of it nothing happens, and
 * nobody is told.
 *
 * @returns whether it was needed
 */
export type Act = (
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  cause: activity.OperatorCause,
) => Promise<boolean>

/**
 * Lets nobody in from now on, by whatever way: sessions end, no device is trusted, and what was
 * begun is void. The owner's way back puts back what it puts back, and opens nothing.
 */
export const suspend: Act = async (tx, keys, account, cause) => {
  if (account.suspended_since !== null) return false
  const at = now()
  const { reason } = cause
  await change(
    tx,
    keys,
    account,
    {
      type: 'account.suspended',
      cause,
      detail: {},
      tell: 'account-suspended',
      params: { at, reason },
      undoForMs: 0,
    },
    { suspended_since: at, suspended_reason: reason },
  )
  await endSessions(tx, account.id)
  return true
}

/** Lets the owner sign in again, as before. What suspending ended stays ended. */
export const restore: Act = async (tx, keys, account, cause) => {
  if (account.suspended_since === null) return false
  await tx
    .updateTable('account')
    .set({ suspended_since: null, suspended_reason: null })
    .where('id', '=', account.id)
    .execute()
  await activity.record(tx, account.id, { type: 'account.unsuspended', ...activity.traceOf(cause) })
  const params = { at: now(), reason: cause.reason }
  await tellOwner(tx, keys, account, { template: 'account-unsuspended', params })
  return true
}

/** Signs the owner out everywhere, and trusts no device any more. */
export const signOutEverywhere: Act = async (tx, keys, account, cause) => {
  const trusted = await listTrusted(tx, account.id)
  await distrust(tx, account.id)
  if (!(await endSessions(tx, account.id)) && trusted.length === 0) return false
  const { detail: why, ...trace } = activity.traceOf(cause)
  const detail = { reason: 'ended_by_operator', which: 'all', ...why }
  await activity.record(tx, account.id, { type: 'session.ended', ...trace, detail })
  const params = { at: now(), reason: cause.reason }
  await tellOwner(tx, keys, account, { template: 'sessions-ended', params })
  return true
}

/**
 * Has the owner choose a new password: the old one opens nothing any more, everyone is signed out,
 * and a code for a new one is mailed. Asked for again, it mails another code.
 */
export const demandNewPassword: Act = async (tx, keys, account, cause) => {
  const at = now()
  await change(
    tx,
    keys,
    account,
    {
      type: 'password.reset_required',
      cause,
      detail: {},
      tell: 'password-voided',
      params: { at, reason: cause.reason },
      undoForMs: 0,
    },
    { password_reset_required_since: at },
  )
  await endSessions(tx, account.id)
  const raised = await holdAccount(tx, account.id)
  if (raised) await mailResetCode(tx, keys, raised, 'reset-code')
  return true
}

/** Mails the code by which a password can be set, where one can be set. */
export async function mailResetCode(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  template: 'reset-code' | 'account-made',
): Promise<void> {
  if (account.suspended_since !== null || account.deleted_at !== null) return
  const code = newCode()
  const until = now() + codeLivesMs
  await newResetCode(tx, keys, account, { code, until })
  await enqueue(tx, keys, {
    account: account.id,
    to: { channel: 'email', address: account.email },
    template,
    params: {},
    secret: { kind: 'code', value: code, until },
  })
}
