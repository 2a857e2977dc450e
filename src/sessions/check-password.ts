import type { PasswordHasher } from '../lib/password-hasher.ts'
import type { Db } from '../store/open.ts'

/**
 * Verifies a password against the account’s stored hash. A correct password whose hash was imported
 * in another format is rehashed in the current one; the password itself does not change.
 *
 * @param account as just read; undefined if there is none, which takes as long
 * @returns the hash that matched, for the caller to compare again under the account’s lock;
 * undefined if the password is wrong
 */
export async function checkPassword(
  { db, passwords }: { db: Db; passwords: PasswordHasher },
  account: { id: string; password_hash: string } | undefined,
  password: string,
): Promise<string | undefined> {
  const matches = await passwords.verify(account?.password_hash, password)
  if (!matches || !account) return undefined
  if (passwords.isCurrent(account.password_hash)) return account.password_hash

  const rehashed = await passwords.hash(password)
  const { numUpdatedRows } = await db
    .updateTable('account')
    .set({ password_hash: rehashed })
    .where('id', '=', account.id)
    // Never overwrites a password that was set in the meantime.
    .where('password_hash', '=', account.password_hash)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) return rehashed

  // A concurrent sign-in rehashed it, or the password changed: the stored hash decides.
  const current = await db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('id', '=', account.id)
    .executeTakeFirst()
  return checkPassword({ db, passwords }, current, password)
}
