import type { Selectable } from 'kysely'
import { type MfaColumns, mfaRestored } from '../store/mfa-state.ts'
import type { AccountTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'

/** Columns of the account that decide how it signs in. */
export const snapshotColumns = [
  'email',
  'email_key',
  'password_hash',
  'password_changed_at',
  'phone_number',
  'phone_verified_at',
  'mfa_email',
  'mfa_on_since',
  'mfa_method',
  'deleted_at',
] as const satisfies (keyof AccountTable)[]

/**
 * Tables whose rows decide it, too. Their rows are marked as removed, not deleted, so that their
 * marks of use (a used recovery code, the last time step, a counter) outlive a removal and a return.
 */
export const credentialTables = ['totp_secret', 'recovery_code', 'passkey'] as const

/** All that decides how an account signs in, at one moment. */
export interface Snapshot {
  account: Pick<Selectable<AccountTable>, (typeof snapshotColumns)[number]>
  /** Ids of the rows that were there; none of a table that there was not yet. */
  credentials: Partial<Record<(typeof credentialTables)[number], string[]>>
}

/** @param account held, so that nothing changes meanwhile */
export async function takeSnapshot(tx: Tx, account: string): Promise<Snapshot> {
  const row = await tx
    .selectFrom('account')
    .select(snapshotColumns)
    .where('id', '=', account)
    .executeTakeFirstOrThrow()
  // A secret that was never confirmed decides nothing, and shall not come back.
  const authenticators = await tx
    .selectFrom('totp_secret')
    .select('id')
    .where('account_id', '=', account)
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
    .execute()
  const recoveryCodes = await activeIdsOf(tx, 'recovery_code', account)
  const passkeys = await activeIdsOf(tx, 'passkey', account)
  return {
    account: { ...row },
    credentials: {
      totp_secret: authenticators.map(({ id }) => id),
      recovery_code: recoveryCodes,
      passkey: passkeys,
    },
  }
}

async function activeIdsOf(tx: Tx, table: 'recovery_code' | 'passkey', account: string) {
  const rows = await tx
    .selectFrom(table)
    .select('id')
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Puts everything back as it was, in an account that is held. Marks of use stay as they are now: a
 * used code stays used.
 *
 * The raised version voids whatever is pending, and the password opens nothing until a new one is
 * set: whoever is undone may know it.
 */
export async function restoreSnapshot(
  tx: Tx,
  account: { id: string } & MfaColumns,
  snapshot: Snapshot,
): Promise<void> {
  await tx
    .updateTable('account')
    .set((row) => ({
      ...snapshot.account,
      ...mfaRestored(account, snapshot.account, tx.now()),
      password_reset_required_since: tx.now(),
      credential_version: row('credential_version', '+', 1),
    }))
    .where('id', '=', account.id)
    .execute()
  for (const table of credentialTables) {
    const restoredIds = snapshot.credentials[table] ?? []
    await tx
      .updateTable(table)
      .set({ removed_at: tx.now() })
      .where('account_id', '=', account.id)
      .where('removed_at', 'is', null)
      .$if(restoredIds.length > 0, (query) => query.where('id', 'not in', restoredIds))
      .execute()
    if (restoredIds.length === 0) continue
    await tx
      .updateTable(table)
      .set({ removed_at: null })
      .where('account_id', '=', account.id)
      .where('id', 'in', restoredIds)
      .execute()
  }
}
