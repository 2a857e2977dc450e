import type { SignUpPolicy } from '../config/sign-up-policy.ts'
import { toIsoString } from '../lib/clock.ts'
import { type EmailAddress, isSameMailbox } from '../lib/email-address.ts'
import { Problem } from '../lib/problem.ts'
import type { Principal } from '../sessions/guard.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { lockEmails } from '../store/locks.ts'
import type { Tx } from '../store/transaction.ts'
import { changeCredentials } from '../undo/credential-change.ts'
import { isAddressReserved } from '../undo/undo-token.ts'
import type { CodeSent, SendCodeDeps } from '../verification/send-code.ts'
import {
  type AddressVerification,
  sendVerificationCode,
  verifyAddress,
} from '../verification/verify-address.ts'
import { ensureMayChangeEmail } from './sign-up-policy.ts'

const verification = {
  purpose: 'email',
  channel: 'email',
  template: 'address-code',
} satisfies AddressVerification

export interface EmailChangeDeps extends SendCodeDeps {
  policy: SignUpPolicy
}

/**
 * Sends a code to the new address. The account keeps the old one until the code is submitted.
 *
 * @throws Problem `email_domain_not_allowed`
 */
export async function startEmailChange(
  tx: Tx,
  deps: EmailChangeDeps,
  account: LockedAccount,
  principal: Principal,
  email: EmailAddress,
): Promise<CodeSent> {
  ensureMayChangeEmail(deps.policy, { from: account.email_key, to: email.key })
  return sendVerificationCode(tx, deps, account, principal, verification, email.address)
}

/**
 * Changes the email address after verifying the code sent to the new one. The old address is
 * notified and can undo the change. Sign-in codes that went to the old address go to the new one.
 * Records nothing if the address is the account’s already.
 *
 * @returns undefined for a wrong code; the transaction must commit, so that the attempt counts
 * @throws Problem `address_taken`; only somebody who can read the new mailbox learns this;
 * `email_domain_not_allowed` if the policy has changed since the code was sent
 */
export async function changeEmail(
  tx: Tx,
  deps: EmailChangeDeps,
  account: LockedAccount,
  principal: Principal,
  { email, code }: { email: EmailAddress; code: string },
): Promise<{ email: string; changedAt: string } | undefined> {
  const { address, key } = email
  ensureMayChangeEmail(deps.policy, { from: account.email_key, to: key })
  if (!(await verifyAddress(tx, deps, account, principal, verification, { address, code })))
    return undefined
  if (address === account.email) return { email: address, changedAt: toIsoString(tx.now()) }

  await lockEmails(tx, account.email_key, key)
  if (await isEmailTaken(tx, key, account.id)) {
    throw new Problem('address_taken', 'Another account has this address. Please use another one.')
  }
  await changeCredentials(tx, account, {
    type: 'email.changed',
    cause: { by: 'owner', ...principal },
    notice: 'email-changed',
    params: { at: tx.now() },
    set: {
      email: address,
      email_key: key,
      ...(isSameMailbox(account.mfa_email, account.email) && { mfa_email: address }),
    },
  })
  return { email: address, changedAt: toIsoString(tx.now()) }
}

async function isEmailTaken(tx: Tx, key: string, account: string): Promise<boolean> {
  const other = await tx
    .selectFrom('account')
    .select('id')
    .where('email_key', '=', key)
    .where('id', '!=', account)
    .executeTakeFirst()
  return other !== undefined || (await isAddressReserved(tx, key, account))
}
