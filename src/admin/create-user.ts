import { createAccount } from '../accounts/sign-up.ts'
import * as activity from '../activity/activity.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import { Problem } from '../lib/problem.ts'
import { lockEmails } from '../store/locks.ts'
import type { Tx } from '../store/transaction.ts'
import { notifyOwner } from '../undo/credential-change.ts'
import { isAddressReserved } from '../undo/undo-token.ts'
import { sendResetCode } from './account-actions.ts'

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
  user: { email: EmailAddress; passwordHash: string; hasPassword: boolean },
  cause: activity.OperatorCause,
): Promise<string> {
  const { email, passwordHash, hasPassword } = user
  await lockEmails(tx, email.key)
  const account = await createAccount(tx, {
    email: email.address,
    email_key: email.key,
    password_hash: passwordHash,
    language: 'en',
  })
  if (!account) throw new Problem('address_taken', 'An account has this address already.')
  if (await isAddressReserved(tx, email.key)) {
    throw new Problem(
      'address_taken',
      'Another account had this address until a few days ago, and may take it back for a week.',
    )
  }

  await activity.record(tx, account.id, {
    type: 'account.created',
    ...activity.attributionOf(cause),
  })
  if (hasPassword) {
    await notifyOwner(tx, account, { template: 'account-created-with-password', params: {} })
  } else {
    await tx
      .updateTable('account')
      .set({ password_reset_required_since: tx.now() })
      .where('id', '=', account.id)
      .execute()
    await sendResetCode(tx, account, 'account-created')
  }
  return account.id
}
