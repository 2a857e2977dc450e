import type { Selectable } from 'kysely'
import * as activity from '../../activity/activity.ts'
import type { MfaMethod } from '../../config/settings.ts'
import { toIsoString } from '../../lib/clock.ts'
import { Problem } from '../../lib/problem.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { activeMfaMethod, isCurrent } from '../../store/mfa-state.ts'
import type { Db } from '../../store/open.ts'
import type { PasskeyTable } from '../../store/schema.ts'
import type { Tx } from '../../store/transaction.ts'
import { changeCredentials } from '../../undo/credential-change.ts'
import { availableMethods, readEnrollments } from '../methods/methods.ts'
import { nextDefaultMethod } from '../mfa-sign-in.ts'

/** A passkey as its owner sees it. */
export interface Passkey {
  id: string
  name: string
  createdAt: string
  lastUsedAt: string | null
  backedUp: boolean
  /** Whether it opens nothing until its owner proves it once: `isCurrent`. */
  pending: boolean
}

const passkeyColumns = [
  'id',
  'name',
  'created_at',
  'last_used_at',
  'backed_up',
  'mfa_epoch',
] as const

export function passkeyOf(
  account: Pick<LockedAccount, 'mfa_epoch'>,
  row: Pick<Selectable<PasskeyTable>, (typeof passkeyColumns)[number]>,
): Passkey {
  return {
    id: row.id,
    name: row.name,
    createdAt: toIsoString(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : toIsoString(row.last_used_at),
    backedUp: row.backed_up === 1,
    pending: !isCurrent(account, row.mfa_epoch),
  }
}

/** Lists the passkeys of an account, newest first. */
export async function listPasskeys(db: Db | Tx, account: string): Promise<Passkey[]> {
  const rows = await db
    .selectFrom('passkey')
    .innerJoin('account', 'account.id', 'account_id')
    .select(passkeyColumns.map((column) => `passkey.${column}` as const))
    .select('account.mfa_epoch as current_epoch')
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .orderBy('passkey.id', 'desc')
    .execute()
  return rows.map((row) => passkeyOf({ mfa_epoch: row.current_epoch }, row))
}

/** Renames a passkey. Records nothing if it has the name already. @throws Problem `not_found` */
export async function renamePasskey(
  tx: Tx,
  account: LockedAccount,
  { client, session }: Principal,
  { id, name }: { id: string; name: string },
): Promise<Passkey> {
  const row = await tx
    .selectFrom('passkey')
    .select(passkeyColumns)
    .where('id', '=', id)
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw passkeyNotFound()
  if (row.name === name) return passkeyOf(account, row)
  await tx.updateTable('passkey').set({ name }).where('id', '=', id).execute()
  const detail = { passkey: name }
  await activity.record(tx, account.id, { type: 'passkey.renamed', client, session, detail })
  return passkeyOf(account, { ...row, name })
}

/**
 * Removes a passkey, which stops working at once. If it was the last one and the default method, the
 * strongest other method becomes the default.
 *
 * @throws Problem `not_found`, or `last_method` while MFA is on and no method is left
 */
export async function removePasskey(
  tx: Tx,
  account: LockedAccount,
  principal: Principal,
  { id, ranking }: { id: string; ranking: readonly MfaMethod[] },
): Promise<void> {
  const row = await tx
    .selectFrom('passkey')
    .select(['name', 'mfa_epoch'])
    .where('id', '=', id)
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw passkeyNotFound()
  const { current } = await readEnrollments(tx, account)
  const passkeys = current.passkeys - (isCurrent(account, row.mfa_epoch) ? 1 : 0)
  const remaining = availableMethods({ ...current, passkeys }, ranking, activeMfaMethod(account))
  await changeCredentials(tx, account, {
    type: 'passkey.removed',
    cause: { by: 'owner', ...principal },
    detail: { passkey: row.name },
    notice: 'passkey-removed',
    params: { at: tx.now() },
    set: nextDefaultMethod(account, 'passkey', remaining),
    updateRows: () =>
      tx.updateTable('passkey').set({ removed_at: tx.now() }).where('id', '=', id).execute(),
  })
}

function passkeyNotFound(): Problem {
  return new Problem('not_found', 'There is no passkey with this id, or it was removed already.')
}
