import type { MfaMethod } from '../config/settings.ts'
import { isSameMailbox } from '../lib/email-address.ts'
import { readEnrollment } from '../mfa/methods/methods.ts'
import { readMfaSignIn } from '../mfa/mfa-sign-in.ts'
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
  const enrollment = await readEnrollment(db, { id: account })
  const passkeys = await db
    .selectFrom('passkey')
    .select(['id', 'name', 'passwordless'])
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .orderBy('id', 'desc')
    .execute()
  return {
    mfaOn: enabled,
    mfaMethod,
    authenticator: enrollment.authenticator,
    phone: enrollment.phoneNumber !== null,
    emailCodes: enrollment.email !== null,
    sameMailbox: isSameMailbox(enrollment.email, email),
    recoveryCodes: enrollment.recoveryCodes,
    passkeys: passkeys.map((passkey) => ({ ...passkey, passwordless: passkey.passwordless === 1 })),
  }
}
