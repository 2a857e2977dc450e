import { assignUsername } from '../accounts/assign-username.ts'
import { changeProfile } from '../accounts/profile.ts'
import type { ProfileChange } from '../accounts/profile-fields.ts'
import type { OperatorCause } from '../activity/activity.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'

/** Checked changes of a profile by an operator, who may also change the username. */
export interface UserProfileChange extends ProfileChange {
  preferredUsername?: string | null
}

/** Changes a profile as an operator. @returns whether anything changed @throws Problem `username_taken` */
export async function changeUserProfile(
  tx: Tx,
  account: LockedAccount,
  { preferredUsername, ...change }: UserProfileChange,
  cause: OperatorCause,
): Promise<boolean> {
  const isRenamed =
    preferredUsername !== undefined && (await assignUsername(tx, account, preferredUsername, cause))
  return (await changeProfile(tx, account, change, cause)) || isRenamed
}
