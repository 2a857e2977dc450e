import type { MfaMethod } from '../config/settings.ts'
import { mailboxOf } from '../lib/email-address.ts'
import { readEnrollments } from '../mfa/methods/methods.ts'
import { readMfaSignIn } from '../mfa/mfa-sign-in.ts'
import { isCurrent } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { AccountCredentials } from './ways-in.ts'

/** Reads the credentials of an account, as far as they decide who can sign in. */
export async function readAccountCredentials(
  db: Db,
  account: string,
  mfaMethods: readonly MfaMethod[],
): Promise<AccountCredentials> {
  const { email } = await db
    .selectFrom('account')
    .select('email')
    .where('id', '=', account)
    .executeTakeFirstOrThrow()
  const { enabled, mfaMethod } = await readMfaSignIn(db, account, mfaMethods)
  const { current } = await readEnrollments(db, { id: account })
  const passkeys = await db
    .selectFrom('passkey')
    .innerJoin('account', 'account.id', 'account_id')
    .select(['passkey.id', 'name', 'passwordless', 'passkey.mfa_epoch'])
    .select('account.mfa_epoch as current_epoch')
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .orderBy('passkey.id', 'desc')
    .execute()
  return {
    mfaOn: enabled,
    mfaMethod,
    mfaMethods,
    enrollment: current,
    sameMailbox: current.email !== null && mailboxOf(current.email) === mailboxOf(email),
    passkeys: passkeys
      .filter((row) => isCurrent({ mfa_epoch: row.current_epoch }, row.mfa_epoch))
      .map(({ id, name, passwordless }) => ({ id, name, passwordless: passwordless === 1 })),
  }
}
