import * as activity from '../activity/activity.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'
import { notifyOwner } from '../undo/credential-change.ts'
import { upsertProfile } from './profile.ts'
import { usernameKeyOf } from './profile-fields.ts'
import { lockUsernames, retireUsername, takenUsernameKeys, usernameTaken } from './username.ts'

/**
 * Sets or removes the username of an account. Only operators do: applications take it for the account,
 * so an owner who could edit it could become somebody else there. The former one is retired, and the
 * owner is notified of its loss: an operator may give it to another account, which applications then
 * take for this one.
 *
 * @param account a locked account
 * @param username checked; may be a reserved or retired one. Null removes it
 * @returns whether anything changed
 * @throws Problem `username_taken` if another account has it
 */
export async function assignUsername(
  tx: Tx,
  account: LockedAccount,
  username: string | null,
  cause: activity.OperatorCause,
): Promise<boolean> {
  if (username !== null) await lockUsernames(tx, username)
  const before = await tx
    .selectFrom('profile')
    .select(['preferred_username', 'username_key'])
    .where('account_id', '=', account.id)
    .executeTakeFirst()
  const formerKey = before?.username_key ?? null
  if (username === (before?.preferred_username ?? null)) return false
  const key = username === null ? null : usernameKeyOf(username)
  if (username !== null && key !== formerKey) {
    if ((await takenUsernameKeys(tx, [username])).size > 0) throw usernameTaken()
  }
  if (formerKey !== null) {
    if (formerKey !== key) await retireUsername(tx, formerKey)
    const params = { at: tx.now(), reason: cause.reason }
    await notifyOwner(tx, account, { template: 'username-changed', params })
  }
  await upsertProfile(tx, account.id, { preferred_username: username, username_key: key })
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  await activity.record(tx, account.id, {
    type: 'username.changed',
    ...attribution,
    detail: { from: before?.preferred_username ?? null, to: username, ...operatorDetail },
  })
  return true
}
