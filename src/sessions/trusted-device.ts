import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { day, now, toIsoString } from '../lib/clock.ts'
import { newId, newToken } from '../lib/random.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import type { Principal } from './guard.ts'

/** Counted from when trust was granted; use does not extend it. */
const trustLifetimeMs = 30 * day

const purpose = 'trusted_device'

/** A locked account. */
interface Account {
  id: string
  credential_version: number
}

/** Trusts the client’s device after a second factor. @returns its token; only the hash is stored */
export async function trustDevice(tx: Tx, account: Account, client: Client): Promise<string> {
  const token = newToken()
  await tx
    .insertInto('trusted_device')
    .values({
      id: newId(),
      account_id: account.id,
      token_hash: tx.keyring.hash(token, purpose),
      credential_version: account.credential_version,
      user_agent: client.userAgent,
      created_at: tx.now(),
      last_used_at: tx.now(),
      expires_at: tx.now() + trustLifetimeMs,
    })
    .execute()
  return token
}

/** Whether the token is of a trusted device and the account’s credentials have not changed since. */
export async function isTrustedDevice(
  tx: Tx,
  account: Account,
  token: string | undefined,
): Promise<boolean> {
  if (token === undefined) return false
  const { numUpdatedRows } = await tx
    .updateTable('trusted_device')
    .set({ last_used_at: tx.now() })
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, purpose))
    .where('account_id', '=', account.id)
    .where('credential_version', '=', account.credential_version)
    .where('expires_at', '>', tx.now())
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0
}

/** Deletes all trusted devices of the account. */
export async function deleteTrustedDevices(tx: Tx, account: string): Promise<void> {
  await tx.deleteFrom('trusted_device').where('account_id', '=', account).execute()
}

/**
 * Revokes one trusted device, or all of them, on the owner’s request.
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
  const { numDeletedRows } = await tx
    .deleteFrom('trusted_device')
    .where('account_id', '=', account.id)
    .where('credential_version', '=', account.credential_version)
    .where('expires_at', '>', tx.now())
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) return false
  const detail = { which: id ?? 'all' }
  await activity.record(tx, account.id, { type: 'device.revoked', client, session, detail })
  return true
}

/** The devices that are still trusted, newest first, at most 100. */
export async function listTrustedDevices(db: Db | Tx, account: string) {
  const rows = await db
    .selectFrom('trusted_device')
    .innerJoin('account', 'account.id', 'trusted_device.account_id')
    .select(['trusted_device.id', 'user_agent', 'trusted_device.created_at'])
    .select(['last_used_at', 'expires_at'])
    .where('account_id', '=', account)
    .where('expires_at', '>', now())
    .whereRef('trusted_device.credential_version', '=', 'account.credential_version')
    .orderBy('trusted_device.id', 'desc')
    .limit(100)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.user_agent || 'Unknown device',
    createdAt: toIsoString(row.created_at),
    lastUsedAt: toIsoString(row.last_used_at),
    expiresAt: toIsoString(row.expires_at),
  }))
}

/** The account’s device that a token marks. */
export async function findDevice(
  tx: Tx,
  account: string,
  token: string | undefined,
): Promise<{ first_seen_at: number } | undefined> {
  if (token === undefined) return undefined
  const row = await tx
    .selectFrom('trusted_device')
    .select('created_at')
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, purpose))
    .where('account_id', '=', account)
    .executeTakeFirst()
  return row && { first_seen_at: row.created_at }
}
