import { day } from '../lib/clock.ts'
import { findDevice } from '../sessions/device.ts'
import type { Tx } from '../store/transaction.ts'

/** Leaves an owner a week to notice and undo an MFA epoch that somebody else opened. */
const settlingMs = 7 * day

/** Enough on a device that the owner has used for a while: a thief hardly holds it. */
const settlingOnOldDeviceMs = day

/** A thief’s device is as old after a week in which nobody noticed it among the sessions. */
const oldDeviceMs = 7 * day

/**
 * When an MFA epoch that opens now settles, in milliseconds since 1970 (`isSettled`).
 *
 * @param deviceToken that the call brought
 */
export async function settlesAt(
  tx: Tx,
  account: { id: string },
  deviceToken: string | undefined,
): Promise<number> {
  const device = await findDevice(tx, tx.keyring, account.id, deviceToken)
  const isOld = device !== undefined && device.firstSeenAt <= tx.now() - oldDeviceMs
  return tx.now() + (isOld ? settlingOnOldDeviceMs : settlingMs)
}
