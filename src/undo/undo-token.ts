import { sealContext } from '../keys/sealed-columns.ts'
import { now } from '../lib/clock.ts'
import { newId, newToken } from '../lib/random.ts'
import type { MessageSecret } from '../notifications/templates.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import { type Snapshot, takeSnapshot } from './snapshot.ts'

const purpose = 'undo_token'

/**
 * Stores a sealed snapshot of a locked account and issues the token that restores it. Call it before
 * the change.
 */
export async function issueUndoToken(
  tx: Tx,
  account: string,
  { type, lifetimeMs }: { type: string; lifetimeMs: number },
): Promise<MessageSecret> {
  const id = newId()
  const token = newToken()
  const snapshot = await takeSnapshot(tx, account)
  const latest = await tx
    .selectFrom('undo_token')
    .select('created_at')
    .where('account_id', '=', account)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  await tx
    .insertInto('undo_token')
    .values({
      id,
      account_id: account,
      type,
      token_hash: tx.keyring.hash(token, purpose),
      email_key: snapshot.account.email_key,
      snapshot_sealed: tx.keyring.seal(JSON.stringify(snapshot), sealContext('undo_token', id)),
      // Later than every earlier token of the account, even if this node's clock is behind.
      created_at: Math.max(tx.now(), (latest?.created_at ?? 0) + 1),
      expires_at: tx.now() + lifetimeMs,
      ended_at: null,
    })
    .execute()
  return { kind: 'undo', value: token, expiresAt: tx.now() + lifetimeMs }
}

/** The account that a token was issued for, even if the token was used, voided or has expired. */
export async function accountOfUndoToken(tx: Tx, token: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('undo_token')
    .select('account_id')
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, purpose))
    .executeTakeFirst()
  return row?.account_id
}

/** A token that was redeemed. */
export interface RedeemedUndoToken {
  /** Activity type of the undone change. */
  type: string
  snapshot: Snapshot
}

/**
 * Redeems a token once, even under concurrent requests. Ends all later tokens of the account, whose
 * changes are undone with this one.
 *
 * The account must be locked: a concurrent change would issue a token that survives the undo, and
 * redeeming that one would bring the undone state back.
 *
 * @returns undefined for a token that is unknown, used, voided or expired
 */
export async function redeemUndoToken(
  tx: Tx,
  token: string,
): Promise<RedeemedUndoToken | undefined> {
  const row = await tx
    .updateTable('undo_token')
    .set({ ended_at: tx.now() })
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, purpose))
    .where('ended_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .returning(['id', 'account_id', 'type', 'snapshot_sealed', 'created_at'])
    .executeTakeFirst()
  if (!row) return undefined

  await tx
    .updateTable('undo_token')
    .set({ ended_at: tx.now() })
    .where('account_id', '=', row.account_id)
    .where('created_at', '>=', row.created_at)
    .where('ended_at', 'is', null)
    .execute()
  return {
    type: row.type,
    snapshot: JSON.parse(tx.keyring.open(row.snapshot_sealed, sealContext('undo_token', row.id))),
  }
}

/**
 * Query over the undo tokens that reserve one of these addresses: redeeming one gives the address
 * back to the account that had it. Callers select the columns they need.
 */
export function reservedAddresses(db: Tx | Db, emailKeys: string[]) {
  return db
    .selectFrom('undo_token')
    .where('email_key', 'in', emailKeys)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now())
}

/** @returns true if an undo could give the address back to an account other than `exceptAccount` */
export async function isAddressReserved(
  tx: Tx,
  emailKey: string,
  exceptAccount = '',
): Promise<boolean> {
  const row = await reservedAddresses(tx, [emailKey])
    .select('id')
    .where('account_id', '!=', exceptAccount)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
