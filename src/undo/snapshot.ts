import { type Selectable, sql } from 'kysely'
import { type MfaColumns, mfaRestored } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { AccountTable, PasskeyTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'

/** Account columns that decide how the account signs in. */
export const snapshotColumns = [
  'email',
  'email_key',
  'password_hash',
  'password_changed_at',
  'phone_number',
  'phone_verified_at',
  'phone_mfa_since',
  'phone_mfa_epoch',
  'mfa_email',
  'mfa_email_epoch',
  'mfa_on_since',
  'mfa_method',
  'mfa_epoch',
  'mfa_settles_at',
  'deleted_at',
] as const satisfies (keyof AccountTable)[]

/**
 * Tables whose rows decide how the account signs in. Removing sets `removed_at` instead of deleting
 * the row, so that its marks of use (a used recovery code, the last time step, a counter) survive a
 * removal that is undone.
 */
export const credentialTables = ['totp_secret', 'recovery_code', 'passkey'] as const

/**
 * The condition that a row of a credential table is not removed.
 *
 * @param except ids of removed rows that count all the same
 */
export function notRemoved(except: readonly string[] = []) {
  return except.length === 0
    ? sql<boolean>`removed_at is null`
    : sql<boolean>`(removed_at is null or id in (${sql.join(except)}))`
}

/** Everything that decides how an account signs in, at one moment. */
export interface Snapshot {
  account: Pick<Selectable<AccountTable>, (typeof snapshotColumns)[number]>
  /** The active rows; a table added after the snapshot was taken is missing. */
  credentials: Partial<Record<(typeof credentialTables)[number], CredentialRow[]>>
}

type CredentialRow = Pick<Selectable<PasskeyTable>, 'id' | 'mfa_epoch'>

/** Takes a snapshot. @param account the id of a locked account, so that nothing changes meanwhile */
export async function takeSnapshot(tx: Tx, account: string): Promise<Snapshot> {
  const [row] = await selectAccount(tx, { account })
  if (!row) throw new Error('There is no such account.')
  return {
    account: { ...row },
    credentials: {
      totp_secret: await selectTotpSecrets(tx, { account }),
      recovery_code: await selectRecoveryCodes(tx, { account }),
      passkey: await selectPasskeys(tx, { account }),
    },
  }
}

const selectAccount = prepared((db, { account }: { account: string }) =>
  db.selectFrom('account').select(snapshotColumns).where('id', '=', account),
)

const selectTotpSecrets = prepared((db, { account }: { account: string }) =>
  db
    .selectFrom('totp_secret')
    .select(['id', 'mfa_epoch'])
    .where('account_id', '=', account)
    // A secret that was never confirmed does not sign in, and must not be restored.
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null),
)

const selectRecoveryCodes = prepared((db, { account }: { account: string }) =>
  activeRowsOf(db, 'recovery_code', account),
)

const selectPasskeys = prepared((db, { account }: { account: string }) =>
  activeRowsOf(db, 'passkey', account),
)

function activeRowsOf(db: Db, table: 'recovery_code' | 'passkey', account: string) {
  return db
    .selectFrom(table)
    .select(['id', 'mfa_epoch'])
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
}

/** Changes a snapshot to MFA off. All else stays. */
export function withMfaOff({ account, credentials }: Snapshot): Snapshot {
  const off = { mfa_on_since: null, mfa_epoch: null, mfa_settles_at: null }
  return { account: { ...account, ...off }, credentials }
}

/**
 * Restores a snapshot. Marks of use stay as they are: a used code stays used.
 *
 * The raised credential version voids everything pending, and the account needs a new password,
 * since the person whose change is undone may know the restored one.
 *
 * @param account the locked account, as it is before it is restored
 * @param times when the snapshot was taken, and when an MFA epoch that opens now settles
 */
export async function restoreSnapshot(
  tx: Tx,
  account: { id: string } & MfaColumns,
  snapshot: Snapshot,
  times: { takenAt: number; settlesAt: number },
): Promise<void> {
  await tx
    .updateTable('account')
    .set((row) => ({
      ...snapshot.account,
      ...mfaRestored(account, snapshot.account, { ...times, at: tx.now() }),
      password_reset_required_since: tx.now(),
      credential_version: row('credential_version', '+', 1),
    }))
    .where('id', '=', account.id)
    .execute()
  for (const table of credentialTables) {
    const restored = snapshot.credentials[table] ?? []
    const restoredIds = restored.map(({ id }) => id)
    await tx
      .updateTable(table)
      .set({ removed_at: tx.now() })
      .where('account_id', '=', account.id)
      .where('removed_at', 'is', null)
      .$if(restoredIds.length > 0, (query) => query.where('id', 'not in', restoredIds))
      .execute()
    for (const [epoch, rows] of Map.groupBy(restored, ({ mfa_epoch }) => mfa_epoch)) {
      await tx
        .updateTable(table)
        .set({ removed_at: null, mfa_epoch: epoch })
        .where('account_id', '=', account.id)
        .where(
          'id',
          'in',
          rows.map(({ id }) => id),
        )
        .execute()
    }
  }
}
