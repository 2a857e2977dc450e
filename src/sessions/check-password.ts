import { isCurrentFormat, type PasswordHasher } from '../lib/password-hasher.ts'
import type { Db } from '../store/open.ts'

/**
 * Checks a password against what an account has stored. One that is right, and came with its
 * account from elsewhere, is stored in our form from now on: for its owner nothing has changed.
 *
 * @param account as it was just read; undefined for none, which takes as long
 * @returns the hash that it fits, to be compared again where it decides; undefined if it is wrong
 */
export async function checkPassword(
  { db, passwords }: { db: Db; passwords: PasswordHasher },
  account: { id: string; password_hash: string } | undefined,
  password: string,
): Promise<string | undefined> {
  const matches = await passwords.verify(account?.password_hash, password)
  if (!matches || !account) return undefined
  if (isCurrentFormat(account.password_hash)) return account.password_hash

  const rehashed = await passwords.hash(password)
  const { numUpdatedRows } = await db
    .updateTable('account')
    .set({ password_hash: rehashed })
    .where('id', '=', account.id)
    // Not over a password that was set meanwhile.
    .where('password_hash', '=', account.password_hash)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) return rehashed

  // Somebody was faster: the same password in another sign-in, or a new one. That one decides.
  const current = await db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('id', '=', account.id)
    .executeTakeFirst()
  return checkPassword({ db, passwords }, current, password)
}
