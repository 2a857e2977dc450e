import * as activity from '../../activity/activity.ts'
import type { MfaMethod } from '../../config/settings.ts'
import { toIsoString } from '../../lib/clock.ts'
import { Problem } from '../../lib/problem.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import type { Db } from '../../store/open.ts'
import type { Tx } from '../../store/transaction.ts'
import { changeCredentials, weakeningUndoMs } from '../../undo/credential-change.ts'
import { availableMethods, readEnrollment } from '../methods/methods.ts'
import { nextDefaultMethod } from '../mfa-sign-in.ts'

/** A passkey as its owner sees it. */
export interface Passkey {
  id: string
  name: string
  createdAt: string
  lastUsedAt: string | null
  backedUp: boolean
}

const passkeyColumns = ['id', 'name', 'created_at', 'last_used_at', 'backed_up'] as const

export function passkeyOf(row: {
  id: string
  name: string
  created_at: number
  last_used_at: number | null
  backed_up: number
}): Passkey {
  return {
    id: row.id,
    name: row.name,
    createdAt: toIsoString(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : toIsoString(row.last_used_at),
    backedUp: row.backed_up === 1,
  }
}

/** Lists the passkeys of an account, newest first. */
export async function listPasskeys(db: Db | Tx, account: string): Promise<Passkey[]> {
  const rows = await db
    .selectFrom('passkey')
    .select(passkeyColumns)
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .orderBy('id', 'desc')
    .execute()
  return rows.map(passkeyOf)
}

/** Renames a passkey. @throws Problem `not_found` */
export async function renamePasskey(
  tx: Tx,
  { id, name }: { id: string; name: string },
  { account, client, session }: Principal,
): Promise<Passkey> {
  const row = await tx
    .updateTable('passkey')
    .set({ name })
    .where('id', '=', id)
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .returning(passkeyColumns)
    .executeTakeFirst()
  if (!row) throw passkeyNotFound()
  const detail = { passkey: name }
  await activity.record(tx, account, { type: 'passkey.renamed', client, session, detail })
  return passkeyOf(row)
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
    .select('name')
    .where('id', '=', id)
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw passkeyNotFound()
  const enrollment = await readEnrollment(tx, account)
  const remaining = availableMethods({ ...enrollment, passkeys: enrollment.passkeys - 1 }, ranking)
  await changeCredentials(tx, account, {
    type: 'passkey.removed',
    cause: { by: 'owner', ...principal },
    detail: { passkey: row.name },
    notice: 'passkey-removed',
    params: { at: tx.now() },
    undoForMs: weakeningUndoMs,
    set: nextDefaultMethod(account, 'passkey', remaining),
    updateRows: () =>
      tx.updateTable('passkey').set({ removed_at: tx.now() }).where('id', '=', id).execute(),
  })
}

function passkeyNotFound(): Problem {
  return new Problem('not_found', 'There is no passkey with this id, or it was removed already.')
}
