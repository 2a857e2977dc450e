import * as activity from '../activity/activity.ts'
import { day, now, toIsoString } from '../lib/clock.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import type { Principal } from './guard.ts'

/** Counted from when trust was granted; use does not extend it. */
const trustLifetimeMs = 30 * day

/** A locked account. */
interface Account {
  id: string
  credential_version: number
}

/** Trusts a known device after a second factor, until the next change of credentials. */
export async function trustDevice(tx: Tx, account: Account, device: string): Promise<void> {
  await tx
    .updateTable('device')
    .set({
      credential_version: account.credential_version,
      trusted_at: tx.now(),
      trusted_until: tx.now() + trustLifetimeMs,
    })
    .where('id', '=', device)
    .execute()
}

/** Whether the device is trusted and the account’s credentials have not changed since. */
export async function isTrustedDevice(tx: Tx, account: Account, device: string): Promise<boolean> {
  const row = await tx
    .selectFrom('device')
    .select('id')
    .where('id', '=', device)
    .where('account_id', '=', account.id)
    .where('credential_version', '=', account.credential_version)
    .where('trusted_until', '>', tx.now())
    .executeTakeFirst()
  return row !== undefined
}

/** The columns of a device that is not trusted. */
export const untrusted = { credential_version: null, trusted_at: null, trusted_until: null }

/** Ends the trust in all devices of the account. They stay known. */
export async function removeTrust(tx: Tx, account: string): Promise<void> {
  await tx
    .updateTable('device')
    .set(untrusted)
    .where('account_id', '=', account)
    .where('trusted_until', 'is not', null)
    .execute()
}

/** Ends the trust in all devices of all accounts. They stay known. */
export async function removeAllTrust(tx: Tx): Promise<void> {
  await tx.updateTable('device').set(untrusted).where('trusted_until', 'is not', null).execute()
}

/**
 * Revokes the trust in one device, or in all of them, on the owner’s request. They stay known.
 *
 * @param id the device to revoke; all if undefined
 * @returns whether any was still trusted
 */
export async function revokeTrustedDevices(
  tx: Tx,
  account: Account,
  { session, client }: Principal,
  id?: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('device')
    .set(untrusted)
    .where('account_id', '=', account.id)
    .where('credential_version', '=', account.credential_version)
    .where('trusted_until', '>', tx.now())
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  const detail = { which: id ?? 'all' }
  await activity.record(tx, account.id, { type: 'device.revoked', client, session, detail })
  return true
}

/** The devices that are still trusted, newest first. */
export async function listTrustedDevices(db: Db | Tx, account: string) {
  const rows = await db
    .selectFrom('device')
    .innerJoin('account', 'account.id', 'device.account_id')
    .select(['device.id', 'user_agent', 'last_used_at'])
    .select((device) => [
      device.ref('trusted_at').$notNull().as('trusted_at'),
      device.ref('trusted_until').$notNull().as('trusted_until'),
    ])
    .where('account_id', '=', account)
    .where('trusted_until', '>', now())
    .whereRef('device.credential_version', '=', 'account.credential_version')
    .orderBy('trusted_at', 'desc')
    .orderBy('device.id', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.user_agent || 'Unknown device',
    createdAt: toIsoString(row.trusted_at),
    lastUsedAt: toIsoString(row.last_used_at),
    expiresAt: toIsoString(row.trusted_until),
  }))
}
