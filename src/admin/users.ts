import type { Settings } from '../config/settings.ts'
import { toIsoString } from '../lib/clock.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { type AccountSummary, readAccountSummary } from '../overview/account-summary.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import { reservedAddresses } from '../undo/undo-token.ts'

/** An account as operators see it: enough to help its owner, and nothing that signs in. */
export interface User extends Omit<AccountSummary, 'language' | 'hasPassword' | 'passkeys'> {
  lastSignInAt: string | null
  passkeys: number
}

/** The methods that the operator allows, and the attributes that the operator declares. */
export type UserDeps = Pick<Settings, 'mfaMethods' | 'profileAttributes'>

/** @returns undefined if there is no such account */
export async function readUser(db: Db | Tx, deps: UserDeps, id: string): Promise<User | undefined> {
  const summary = await readAccountSummary(db, id, deps)
  if (!summary) return undefined
  const lastSignIn = await db
    .selectFrom('activity')
    .select('at')
    .where('account_id', '=', id)
    .where('type', '=', 'signin.succeeded')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const { language: _language, hasPassword: _hasPassword, passkeys, ...shared } = summary
  return {
    ...shared,
    lastSignInAt: lastSignIn ? toIsoString(lastSignIn.at) : null,
    passkeys: passkeys.length,
  }
}

/**
 * Finds the account that has an email address, and after it the accounts that had the address and
 * may get it back by an undo: a thief may have changed it.
 */
export async function findUsers(db: Db, deps: UserDeps, email: string): Promise<User[]> {
  const key = parseEmailAddress(email)?.key ?? ''
  const rows = await db
    .selectFrom('account')
    .select(['id', 'email_key'])
    .where('id', 'in', (query) =>
      // Not two conditions with `or`, for which PostgreSQL would read the whole table.
      query
        .selectFrom('account')
        .select('id')
        .where('email_key', '=', key)
        .unionAll(reservedAddresses(db, [key]).select('account_id as id')),
    )
    .orderBy('id', 'desc')
    .limit(25)
    .execute()
  const current = rows.filter(({ email_key }) => email_key === key)
  const former = rows.filter(({ email_key }) => email_key !== key)
  const found = await Promise.all([...current, ...former].map(({ id }) => readUser(db, deps, id)))
  return found.filter((user) => user !== undefined)
}

/** Finds the id of an account by its id or its current email address. */
export async function findAccountId(tx: Tx | Db, idOrEmail: string): Promise<string | undefined> {
  const key = parseEmailAddress(idOrEmail)?.key
  const row = await tx
    .selectFrom('account')
    .select('id')
    .where(key === undefined ? 'id' : 'email_key', '=', key ?? idOrEmail)
    .executeTakeFirst()
  return row?.id
}
