import { serializeAddresses } from '../accounts/email.ts'
import { createAccount } from '../accounts/sign-up.ts'
import * as activity from '../activity/activity.ts'
import { tellOwner } from '../activity/change.ts'
import { mayComeBack } from '../activity/way-back.ts'
import { now } from '../lib/clock.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import type { Tx } from '../store/open.ts'
import { mailResetCode } from './acts.ts'

/**
 * Makes an account for somebody whose address the operator knows to be theirs, and tells them.
 *
 * @param user.known whether its first password is somebody’s; if it is nobody’s the owner is mailed
 * a code to set theirs, and nobody signs in before
 * @returns its id
 * @throws Problem `address_taken`
 */
export async function createUser(
  tx: Tx,
  keys: Keys,
  user: { email: EmailAddress; passwordHash: string; known: boolean },
  cause: activity.OperatorCause,
): Promise<string> {
  const { email, passwordHash, known } = user
  await serializeAddresses(tx, email.key)
  const account = await createAccount(tx, {
    email: email.address,
    email_key: email.key,
    password_hash: passwordHash,
    language: 'en',
  })
  if (!account) throw new Problem('address_taken', 'An account has this address already.')
  if (await mayComeBack(tx, email.key)) {
    throw new Problem(
      'address_taken',
      'Another account had this address until a few days ago, and may take it back for a week.',
    )
  }

  await activity.record(tx, account.id, { type: 'account.created', ...activity.traceOf(cause) })
  if (known) {
    await tellOwner(tx, keys, account, { template: 'account-made-with-password', params: {} })
  } else {
    await tx
      .updateTable('account')
      .set({ password_reset_required_since: now() })
      .where('id', '=', account.id)
      .execute()
    await mailResetCode(tx, keys, account, 'account-made')
  }
  return account.id
}
