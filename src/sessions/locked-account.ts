import { type MfaColumns, mfaColumns } from '../store/mfa-state.ts'
import { prepared } from '../store/prepared-query.ts'
import type { Tx } from '../store/transaction.ts'

/** The columns that decide how an account signs in. Its row is locked until the transaction ends. */
export interface LockedAccount extends MfaColumns {
  id: string
  email: string
  email_key: string
  password_hash: string
  password_reset_required_since: number | null
  reset_by_email_at: number | null
  deleted_at: number | null
  suspended_since: number | null
  phone_number: string | null
  phone_mfa_since: number | null
  mfa_email: string | null
  credential_version: number
}

export const lockedColumns = [
  'id',
  'email',
  'email_key',
  'password_hash',
  'password_reset_required_since',
  'reset_by_email_at',
  'deleted_at',
  'suspended_since',
  'phone_number',
  'phone_mfa_since',
  'mfa_email',
  ...mfaColumns,
  'credential_version',
] as const satisfies (keyof LockedAccount)[]

/** Locks an account’s row: changes of credentials begin here, so they are serialized. */
export async function lockAccount(tx: Tx, id: string): Promise<LockedAccount | undefined> {
  const [account] = await selectLocked(tx, { id })
  return account
}

const selectLocked = prepared((db, { id }: { id: string }) =>
  db
    .selectFrom('account')
    .select(lockedColumns)
    .where('id', '=', id)
    // Not `for update`: that would also block inserts that reference the account, such as activity.
    .forNoKeyUpdate(),
)
