import { change, weakeningMs } from '../activity/change.ts'
import { mayComeBack } from '../activity/way-back.ts'
import { type AddressProof, askForCode, proveAddress } from '../codes/address-proof.ts'
import type { CodeSender, CodeSent } from '../codes/send-code.ts'
import { instant, now } from '../lib/clock.ts'
import { type EmailAddress, isSameMailbox } from '../lib/email-address.ts'
import { Problem } from '../lib/problem.ts'
import type { HeldAccount, SignedIn } from '../sessions/guard.ts'
import { serializeAll, type Tx } from '../store/open.ts'

const what = { purpose: 'email', channel: 'email', template: 'address-code' } satisfies AddressProof

/** Sends a code to the address that is to be the account's. Nothing changes before it comes back. */
export function beginEmailChange(
  tx: Tx,
  sender: CodeSender,
  account: HeldAccount,
  who: SignedIn,
  email: EmailAddress,
): Promise<CodeSent> {
  return askForCode(tx, sender, account, who, what, email.address)
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
  sender: CodeSender,
  account: HeldAccount,
  who: SignedIn,
  { email, code }: { email: EmailAddress; code: string },
): Promise<{ email: string; changedAt: string } | undefined> {
  const { address, key } = email
  if (!(await proveAddress(tx, sender, account, who, what, { address, code }))) return undefined

  await serializeAddresses(tx, account.email_key, key)
  if (await isTaken(tx, key, account.id)) {
    throw new Problem('address_taken', 'Another account has this address. Please use another one.')
  }
  await change(
    tx,
    sender.keys,
    account,
    {
      type: 'email.changed',
      cause: { by: 'owner', ...who },
      detail: {},
      tell: 'email-changed',
      params: { at: now() },
      undoForMs: weakeningMs,
    },
    {
      email: address,
      email_key: key,
      ...(isSameMailbox(account.mfa_email, account.email) && { mfa_email: address }),
    },
  )
  return { email: address, changedAt: instant(now()) }
}

/**
 * Until this transaction ends, nobody else takes one of these addresses or gives it up: an address
 * that is moving would look free, for it belongs to nobody and may not come back yet.
 */
export async function serializeAddresses(tx: Tx, ...keys: string[]): Promise<void> {
  // Always in the same order, so that two who swap can't wait for each other.
  const inOrder = [...new Set(keys)].sort()
  await serializeAll(
    tx,
    inOrder.map((key) => `email ${key}`),
  )
}

async function isTaken(tx: Tx, key: string, account: string): Promise<boolean> {
  const other = await tx
    .selectFrom('account')
    .select('id')
    .where('email_key', '=', key)
    .where('id', '!=', account)
    .executeTakeFirst()
  return other !== undefined || (await mayComeBack(tx, key, account))
}
