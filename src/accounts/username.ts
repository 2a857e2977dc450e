import { Problem } from '../lib/problem.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { Tx } from '../store/transaction.ts'
import { usernameKeyOf } from './profile-fields.ts'

const hashPurpose = 'retired_username'

/**
 * Names by which systems and applications know their own accounts (RFC 2142 and the built-in accounts
 * of common applications). An application that links its accounts by username would hand the
 * built-in one to the person who signs up with its name, so only operators assign these.
 */
const reservedKeys = new Set(
  `abuse admin administrator anonymous api bin daemon everyone ftp ghost git gitea grafana guest help
  hostmaster info latchkey mail mailer-daemon moderator mysql nextcloud nobody noc noreply no-reply
  operator owner postgres postmaster root security service staff superuser support sys sysadmin system
  test user usenet uucp webmaster www www-data`.split(/\s+/),
)

/**
 * Whether a sign-up can have a username: it is not reserved, and no account has it or had it. Anybody
 * may learn that of a username, which says nothing about addresses.
 */
export async function isUsernameFree(
  db: Db | Tx,
  keyring: Tx['keyring'],
  username: string,
): Promise<boolean> {
  const key = usernameKeyOf(username)
  if (reservedKeys.has(key) || (await selectHolder(db, { key })).length > 0) return false
  const hashes = keyring.hashWithAllKeys(key, hashPurpose)
  return (await selectRetired(db, { hashes })).length === 0
}

/**
 * Locks usernames until this transaction ends, so that no other one assigns them.
 *
 * @param usernames every one that the transaction assigns: in one call, or two could wait for each other
 */
export async function lockUsernames(tx: Tx, ...usernames: string[]): Promise<void> {
  const keys = [...new Set(usernames.map(usernameKeyOf))].sort()
  await advisoryLock(tx, ...keys.map((key) => `username ${key}`))
}

/** The keys of those usernames that accounts have. @param usernames at least one */
export async function takenUsernameKeys(tx: Tx, usernames: string[]): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('profile')
    .select('username_key')
    .where('username_key', 'in', usernames.map(usernameKeyOf))
    .execute()
  return new Set(rows.flatMap(({ username_key }) => username_key ?? []))
}

/** Makes a username that an account loses unavailable to sign-ups, for good. */
export async function retireUsername(tx: Tx, usernameKey: string): Promise<void> {
  await tx
    .insertInto('retired_username')
    .values({
      username_hash: tx.keyring.hash(usernameKey, hashPurpose),
      retired_at: tx.now(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

const selectHolder = prepared((db, { key }: { key: string }) =>
  db.selectFrom('profile').select('account_id').where('username_key', '=', key),
)

const selectRetired = prepared((db, { hashes }: { hashes: string[] }) =>
  db.selectFrom('retired_username').select('retired_at').where('username_hash', 'in', hashes),
)

export function usernameTaken(): Problem {
  return new Problem('username_taken', 'This username is taken. Please choose another one.')
}
