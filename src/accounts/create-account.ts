import type { Language } from '../lib/language.ts'
import { newId } from '../lib/random.ts'
import { lockedColumns } from '../sessions/locked-account.ts'
import { mfaNeverOn } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'

/**
 * Inserts an account, with MFA off and its address verified.
 *
 * @returns undefined if another account already has the address
 */
export function createAccount(
  tx: Tx,
  account: {
    email: string
    email_key: string
    password_hash: string
    language: Language
    user_handle?: string | null
  },
) {
  return tx
    .insertInto('account')
    .values({
      user_handle: null,
      ...account,
      id: newId(),
      password_changed_at: tx.now(),
      phone_number: null,
      phone_verified_at: null,
      phone_mfa_since: null,
      phone_mfa_epoch: null,
      mfa_email: null,
      mfa_email_epoch: null,
      ...mfaNeverOn,
      credential_version: 1,
      password_reset_required_since: null,
      reset_by_email_at: null,
      deleted_at: null,
      created_at: tx.now(),
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returning(lockedColumns)
    .executeTakeFirst()
}
