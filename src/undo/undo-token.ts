import type * as activity from '../activity/activity.ts'
import { sealContext } from '../keys/sealed-columns.ts'
import { day, now } from '../lib/clock.ts'
import { newId, newToken } from '../lib/random.ts'
import type { MessageSecret } from '../notifications/message-secret.ts'
import { releaseDigests } from '../notifications/notice-digest.ts'
import { type LockedAccount, lockAccount } from '../sessions/locked-account.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { UndoTokenTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import type { Snapshot } from './snapshot.ts'

const purpose = 'undo_token'

/**
 * How long a change can be undone: long enough to cover a holiday. Retention keeps removed credentials
 * for longer, so that the rows of a snapshot still exist.
 */
export const undoPeriodMs = 7 * day

/** Issues the token that restores a snapshot of a locked account. */
export async function issueUndoToken(
  tx: Tx,
  account: string,
  { type, snapshot }: { type: activity.ActivityType; snapshot: Snapshot },
): Promise<MessageSecret> {
  const id = newId()
  const token = newToken()
  const expiresAt = tx.now() + undoPeriodMs
  const [latest] = await selectLatest(tx, { account })
  await insertUndoToken(tx, {
    id,
    account_id: account,
    type,
    token_hash: tx.keyring.hash(token, purpose),
    email_key: snapshot.account.email_key,
    snapshot_sealed: tx.keyring.seal(JSON.stringify(snapshot), sealContext('undo_token', id)),
    // Later than every earlier token of the account, even if this node's clock is behind.
    created_at: Math.max(tx.now(), (latest?.created_at ?? 0) + 1),
    expires_at: expiresAt,
    ended_at: null,
  })
  return { kind: 'undo', value: token, expiresAt }
}

const selectLatest = prepared((db, { account }: { account: string }) =>
  db
    .selectFrom('undo_token')
    .select('created_at')
    .where('account_id', '=', account)
    .orderBy('created_at', 'desc')
    .limit(1),
)

const insertUndoToken = prepared((db, row: UndoTokenTable) =>
  db.insertInto('undo_token').values(row),
)

/** A valid token: the change that it undoes, and the state before. */
export interface UndoToken {
  id: string
  /** Activity type of the change. */
  type: string
  createdAt: number
  snapshot: Snapshot
}

/**
 * Finds a valid token by its value, and locks its account: a concurrent change would issue a token
 * that survives the undo, and redeeming that one would bring the undone state back.
 *
 * @returns undefined for a token that is unknown, used, voided or expired
 */
export async function findUndoToken(
  tx: Tx,
  token: string,
): Promise<{ account: LockedAccount; undoToken: UndoToken } | undefined> {
  const found = await tx
    .selectFrom('undo_token')
    .select(['id', 'account_id'])
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, purpose))
    .executeTakeFirst()
  const account = found && (await lockAccount(tx, found.account_id))
  const undoToken = account && (await openUndoToken(tx, found.id))
  return undoToken && { account, undoToken }
}

/** Opens a token of a locked account. @returns undefined if it was used, voided or has expired */
export async function openUndoToken(tx: Tx, id: string): Promise<UndoToken | undefined> {
  const row = await tx
    .selectFrom('undo_token')
    .select(['id', 'type', 'created_at', 'snapshot_sealed'])
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .executeTakeFirst()
  if (!row) return undefined
  const snapshot = tx.keyring.open(row.snapshot_sealed, sealContext('undo_token', row.id))
  return { id, type: row.type, createdAt: row.created_at, snapshot: JSON.parse(snapshot) }
}

/**
 * Ends tokens of a locked account: of a change and all later ones, which are undone with it, or all.
 *
 * @param since when the earliest of them was created; all by default
 */
export async function endUndoTokens(tx: Tx, account: string, since = 0): Promise<void> {
  await tx
    .updateTable('undo_token')
    .set({ ended_at: tx.now() })
    .where('account_id', '=', account)
    .where('created_at', '>=', since)
    .where('ended_at', 'is', null)
    .execute()
  await releaseDigests(tx, account)
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
