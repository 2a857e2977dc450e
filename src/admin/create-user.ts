import { createAccount } from '../accounts/create-account.ts'
import * as activity from '../activity/activity.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import { Problem } from '../lib/problem.ts'
import { lockEmails } from '../store/locks.ts'
import type { Tx } from '../store/transaction.ts'
import { notifyOwner } from '../undo/credential-change.ts'
import { isAddressReserved } from '../undo/undo-token.ts'
import { sendResetCode } from './account-actions.ts'

/**
 * Creates an account for an email address that the operator has verified, and notifies its owner.
 *
 * @param user.hasPassword whether `passwordHash` is of a password that the owner knows; otherwise a
 * code that sets one is mailed to the owner, who can't sign in before
 * @returns the id of the account
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
      'Another account had this address recently, and can still get it back by an undo.',
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
