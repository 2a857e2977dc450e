import * as activity from '../activity/activity.ts'
import { removeAppsAllowedSince } from '../apps/account-apps.ts'
import type { Client } from '../lib/client.ts'
import { secondsUntil } from '../lib/clock.ts'
import { type ChallengeDeps, type MfaRequired, startChallenge } from '../mfa/challenge.ts'
import { hasUsableFactor, type UndoFactor, verifyUndoFactor } from '../mfa/undo-factor.ts'
import { undoTakesFactor } from '../mfa/usable-factors.ts'
import type { MessageSecret } from '../notifications/message-secret.ts'
import { forgetNetworks } from '../sessions/known-network.ts'
import { type LockedAccount, lockAccount } from '../sessions/locked-account.ts'
import { endSessions } from '../sessions/session.ts'
import { removeTrust } from '../sessions/trusted-device.ts'
import { lockEmails } from '../store/locks.ts'
import { isMfaOn, isSettled, mfaTurnedOff } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'
import { issueResetToken } from '../verification/reset-token.ts'
import { notifyAddress, notifyOwner } from './credential-change.ts'
import { type Leftovers, listRemainingPasskeys, listUndoableChanges } from './leftovers.ts'
import { settlesAt } from './settling.ts'
import { restoreSnapshot, takeSnapshot, withMfaOff } from './snapshot.ts'
import { endUndoTokens, findUndoToken, issueUndoToken, type UndoToken } from './undo-token.ts'

/** The undone change, and the token that sets the next password. */
export interface Undone extends Leftovers {
  status: 'undone'
  /** Activity type of the change. */
  undone: string
  email: string
  resetToken: string
  expiresIn: number
}

/** An undo, the challenge for its second factor, or a wrong answer to that. */
export type UndoResult =
  | { undone: Undone }
  | { mfaRequired: MfaRequired }
  | { wrong: UndoFactor; attemptsLeft: number }

/**
 * Undoes a change and every change after it: restores everything that decides how the account signs
 * in, ends all sessions and the trust in all devices, removes the applications that were allowed since,
 * and forgets all networks but the client’s.
 * Nobody can sign in until the reset token has set a new password, which leaves no other device known.
 *
 * While an MFA epoch is on that has settled, the link alone is not enough: who reads the mailbox has
 * it, too.
 *
 * @returns undefined for a token that is unknown, used, voided or expired; a wrong answer must be
 * committed, because it counts
 * @throws Problem `mfa_token_expired`, `too_many_attempts`
 */
export async function undo(
  tx: Tx,
  deps: ChallengeDeps,
  request: {
    token: string
    factor?: UndoFactor | undefined
    deviceToken?: string | undefined
    client: Client
  },
): Promise<UndoResult | undefined> {
  const { token, factor, deviceToken, client } = request
  const found = await findUndoToken(tx, token)
  if (!found) return undefined
  const { account, undoToken } = found
  if (await undoTakesFactor(tx, deps, account)) {
    if (!factor) return { mfaRequired: await startChallenge(tx, deps, account, { undoToken }) }
    const wrong = await verifyUndoFactor(tx, deps, account, undoToken, factor, client)
    if (wrong) return { wrong: factor, ...wrong }
  }
  await endUndoTokens(tx, account.id, undoToken.createdAt)

  // Before the address changes: that update also locks the account against inserts of rows that
  // refer to it, and such a transaction may hold one of these sessions.
  await endSessions(tx, account.id)
  await removeTrust(tx, account.id)
  await removeAppsAllowedSince(tx, account.id, undoToken.createdAt)
  await forgetNetworks(tx, account.id, client)
  const undoableChanges = await listUndoableChanges(tx, account.id)
  const { restored, secret } = await restore(tx, deps, account, undoToken, deviceToken)

  const { type } = undoToken
  await activity.record(tx, account.id, { type: 'change.undone', client, detail: { undone: type } })
  const message = { template: 'change-undone', params: { at: tx.now() } } as const
  await notifyOwner(tx, restored, { ...message, secret })
  for (const address of addressesTakenAway(account, restored)) {
    await notifyAddress(tx, account.id, address, message)
  }
  const { resetToken, expiresAt } = await issueResetToken(tx, restored)
  return {
    undone: {
      status: 'undone',
      undone: type,
      email: restored.email,
      resetToken,
      expiresIn: secondsUntil(expiresAt),
      undoableChanges,
      passkeys: await listRemainingPasskeys(tx, account.id),
    },
  }
}

/**
 * Restores the snapshot of a token. Where that brings back an MFA epoch that has not settled, a thief
 * may have opened it: the notice gets an undo link that leads to MFA off.
 */
async function restore(
  tx: Tx,
  deps: ChallengeDeps,
  account: LockedAccount,
  { snapshot, createdAt: takenAt }: UndoToken,
  deviceToken: string | undefined,
): Promise<{ restored: LockedAccount; secret: MessageSecret | undefined }> {
  const before = await takeSnapshot(tx, account.id)
  await lockEmails(tx, account.email_key, snapshot.account.email_key)
  const times = { takenAt, settlesAt: await settlesAt(tx, account, deviceToken) }
  await restoreSnapshot(tx, account, snapshot, times)
  const restored = await lockRestored(tx, account.id)
  if (!isMfaOn(restored)) return { restored, secret: undefined }

  if (!(await hasUsableFactor(tx, deps, restored))) {
    await tx
      .updateTable('account')
      .set(mfaTurnedOff(tx.now()))
      .where('id', '=', account.id)
      .execute()
    return { restored: await lockRestored(tx, account.id), secret: undefined }
  }
  if (restored.mfa_epoch === account.mfa_epoch || isSettled(restored, tx.now())) {
    return { restored, secret: undefined }
  }
  const link = { type: 'change.undone', snapshot: withMfaOff(before) } as const
  return { restored, secret: await issueUndoToken(tx, account.id, link) }
}

async function lockRestored(tx: Tx, id: string): Promise<LockedAccount> {
  const account = await lockAccount(tx, id)
  if (!account) throw new Error('The account disappeared while a change of it was being undone.')
  return account
}

/** The addresses that got notices before the undo, and get none any more. */
function addressesTakenAway(before: LockedAccount, after: LockedAccount): string[] {
  const left = [after.email, after.mfa_email]
  return [...new Set([before.email, before.mfa_email])].filter(
    (address): address is string => address !== null && !left.includes(address),
  )
}
