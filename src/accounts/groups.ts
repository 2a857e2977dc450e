import * as activity from '../activity/activity.ts'
import type { Tx } from '../store/transaction.ts'
import { touchProfile } from './profile.ts'
import { parseGroups } from './profile-fields.ts'
import { readGroups } from './read-groups.ts'

/**
 * Sets the groups of an account, and records which ones it got and lost. Groups mean something in
 * applications only: no session ends, and the owner gets no message.
 *
 * @param account a locked account
 * @param input labels in any order; repeated ones count once
 * @returns whether anything changed
 * @throws Problem `invalid_request`
 */
export async function setGroups(
  tx: Tx,
  account: { id: string },
  input: readonly string[],
  cause: activity.OperatorCause,
): Promise<boolean> {
  const groups = parseGroups(input)
  const before = await readGroups(tx, account.id)
  const added = groups.filter((group) => !before.includes(group))
  const removed = before.filter((group) => !groups.includes(group))
  if (added.length === 0 && removed.length === 0) return false
  if (removed.length > 0) {
    await tx
      .deleteFrom('account_group')
      .where('account_id', '=', account.id)
      .where('name', 'in', removed)
      .execute()
  }
  await insertGroups(tx, [{ account: account.id, groups: added }])
  await touchProfile(tx, account.id)
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  await activity.record(tx, account.id, {
    type: 'groups.changed',
    ...attribution,
    detail: { added: added.join(' '), removed: removed.join(' '), ...operatorDetail },
  })
  return true
}

/** Adds groups to new accounts, without an entry of their own. @param accounts their checked groups */
export async function insertGroups(
  tx: Tx,
  accounts: { account: string; groups: readonly string[] }[],
): Promise<void> {
  const rows = accounts.flatMap(({ account, groups }) =>
    groups.map((name) => ({ account_id: account, name })),
  )
  if (rows.length > 0) await tx.insertInto('account_group').values(rows).execute()
}
