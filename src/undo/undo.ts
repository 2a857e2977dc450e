import { serializeAddresses } from '../accounts/email.ts'
import { newResetToken } from '../accounts/password/reset.ts'
import * as activity from '../activity/activity.ts'
import { restore } from '../activity/snapshot.ts'
import { accountOfWayBack, takeWayBack } from '../activity/way-back.ts'
import type { Client } from '../lib/client.ts'
import { now, secondsUntil } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { enqueue } from '../messages/outbox.ts'
import { holdAccount } from '../sessions/guard.ts'
import { endSessions } from '../sessions/session.ts'
import { distrust } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/open.ts'

/** What was undone, and what opens the account again. */
export interface Undone {
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
  keys: Keys,
  { token, client }: { token: string; client: Client },
): Promise<Undone | undefined> {
  const id = await accountOfWayBack(tx, keys, token)
  const before = id === undefined ? undefined : await holdAccount(tx, id)
  const wayBack = before && (await takeWayBack(tx, keys, token))
  if (!id || !before || !wayBack) return undefined
  const { type, snapshot } = wayBack

  // Before the address comes back: that locks the account also for whoever only refers to it, and
  // they may have one of these sessions.
  await endSessions(tx, id)
  await distrust(tx, id)
  await serializeAddresses(tx, before.email_key, snapshot.account.email_key)
  await restore(tx, before, snapshot)
  const account = await holdAccount(tx, id)
  if (!account) throw new Error('The account of a way back is gone.')

  await activity.record(tx, id, { type: 'change.undone', client, detail: { undone: type } })
  for (const address of new Set([account.email, account.mfa_email ?? account.email])) {
    await enqueue(tx, keys, {
      account: id,
      to: { channel: 'email', address },
      template: 'change-undone',
      params: { at: now() },
    })
  }
  const { resetToken, until } = await newResetToken(tx, keys, account)
  return {
    status: 'undone',
    undone: type,
    email: account.email,
    resetToken,
    expiresIn: secondsUntil(until),
  }
}
