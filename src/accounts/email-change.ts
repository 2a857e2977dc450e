import { now, toIsoString } from '../lib/clock.ts'
import { type EmailAddress, isSameMailbox } from '../lib/email-address.ts'
import { Problem } from '../lib/problem.ts'
import type { LockedAccount, Principal } from '../sessions/guard.ts'
import { advisoryLockAll, type Tx } from '../store/open.ts'
import { changeCredentials, weakeningUndoMs } from '../undo/credential-change.ts'
import { isAddressReserved } from '../undo/undo-token.ts'
import type { CodeSent, SendCodeDeps } from '../verification/send-code.ts'
import {
  type AddressVerification,
  sendVerificationCode,
  verifyAddress,
} from '../verification/verify-address.ts'

const verification = {
  purpose: 'email',
  channel: 'email',
  template: 'address-code',
} satisfies AddressVerification

/** Sends a code to the address that is to be the account's. Nothing changes before it comes back. */
export function startEmailChange(
  tx: Tx,
  deps: SendCodeDeps,
  account: LockedAccount,
  principal: Principal,
  email: EmailAddress,
): Promise<CodeSent> {
  return sendVerificationCode(tx, deps, account, principal, verification, email.address)
}

/**
 * Changes the address, once its owner has proven to hold the new one. The old one is told and can
 * undo it; codes for signing in that went to the old one go to the new one.
 *
 * @returns undefined for a wrong code; that must be committed, for it counts
 * @throws Problem `address_taken`: only whoever holds the mailbox is told that
 */
export async function changeEmail(
  tx: Tx,
  deps: SendCodeDeps,
  account: LockedAccount,
  principal: Principal,
  { email, code }: { email: EmailAddress; code: string },
): Promise<{ email: string; changedAt: string } | undefined> {
  const { address, key } = email
  if (!(await verifyAddress(tx, deps, account, principal, verification, { address, code })))
    return undefined

  await lockEmails(tx, account.email_key, key)
  if (await isEmailTaken(tx, key, account.id)) {
    throw new Problem('address_taken', 'Another account has this address. Please use another one.')
  }
  await changeCredentials(
    tx,
    deps.keyring,
    account,
    {
      type: 'email.changed',
      cause: { by: 'owner', ...principal },
      detail: {},
      notice: 'email-changed',
      params: { at: now() },
      undoForMs: weakeningUndoMs,
    },
    {
      email: address,
      email_key: key,
      ...(isSameMailbox(account.mfa_email, account.email) && { mfa_email: address }),
    },
  )
  return { email: address, changedAt: toIsoString(now()) }
}

/**
 * Until this transaction ends, nobody else takes one of these addresses or gives it up: an address
 * that is moving would look free, for it belongs to nobody and may not come back yet.
 */
export async function lockEmails(tx: Tx, ...keys: string[]): Promise<void> {
  // Always in the same order, so that two who swap can't wait for each other.
  const sorted = [...new Set(keys)].sort()
  await advisoryLockAll(
    tx,
    sorted.map((key) => `email ${key}`),
  )
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
