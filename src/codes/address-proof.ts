import { now } from '../lib/clock.ts'
import { isSameMailbox } from '../lib/email-address.ts'
import type { Channel } from '../messages/gateway.ts'
import type { Recipient } from '../messages/outbox.ts'
import type { HeldAccount, SignedIn } from '../sessions/guard.ts'
import type { Tx } from '../store/open.ts'
import { answersPerChallenge, consume, countWrong, newChallenge } from './challenge-row.ts'
import {
  type CodeSender,
  type CodeSent,
  type CodeTemplate,
  guessAt,
  sendCode,
} from './send-code.ts'
import { isSentCode } from './sent-code.ts'

/** What an address is proven for: a code for one is worth nothing for another. */
export interface AddressProof {
  purpose: 'setUp' | 'email' | 'phone'
  channel: Channel
  template: CodeTemplate
}

/**
 * Sends a code to an address that whoever has the session says is theirs.
 *
 * @throws Problem with `retryAfter` if it is too early, or if there were too many
 */
export async function askForCode(
  tx: Tx,
  sender: CodeSender,
  account: HeldAccount,
  who: SignedIn,
  { purpose, channel, template }: AddressProof,
  address: string,
): Promise<CodeSent> {
  const open = await openProof(tx, account, who, { purpose, channel }, address)
  const challenge =
    open ??
    (await tx
      .insertInto('challenge')
      .values({
        ...newChallenge(account),
        purpose,
        session_id: who.session,
        method: channel,
        sent_to: address,
      })
      .returning(['id', 'account_id', 'sent_to', 'sent_at'])
      .executeTakeFirstOrThrow())
  return sendCode(tx, sender, challenge, {
    method: channel,
    to: { channel, address },
    template,
    unproven: !holds(account, { channel, address }),
  })
}

/** Whether the account has proven before that the address is its owner's. */
function holds(account: HeldAccount, { channel, address }: Recipient): boolean {
  if (channel === 'sms') return address === account.phone_number
  return [account.email, account.mfa_email].some((own) => isSameMailbox(own, address))
}

/**
 * Judges the code that was sent, once.
 *
 * @param address any that a code is open for, the newest, if undefined
 * @returns the address that is proven, or undefined; that must be committed, for it counts
 * @throws Problem `too_many_attempts`
 */
export async function proveAddress(
  tx: Tx,
  { keys, limits }: CodeSender,
  account: HeldAccount,
  who: SignedIn,
  what: Pick<AddressProof, 'purpose' | 'channel'>,
  { address, code }: { address: string | undefined; code: string },
): Promise<string | undefined> {
  const taken = await limits.take(tx, ...guessAt(account.id))
  const challenge = await openProof(tx, account, who, what, address)
  if (!challenge) return undefined

  const { id, sent_to, code_hash, code_expires_at } = challenge
  const sent = { challenge: id, codeHash: code_hash, expiresAt: code_expires_at }
  if (sent_to === null || !isSentCode(keys, code, sent)) {
    await countWrong(tx, id)
    return undefined
  }
  await limits.giveBack(tx, taken)
  await consume(tx, id)
  return sent_to
}

/** The newest code of this session that is still waited for. */
function openProof(
  tx: Tx,
  account: HeldAccount,
  who: SignedIn,
  { purpose, channel }: Pick<AddressProof, 'purpose' | 'channel'>,
  address: string | undefined,
) {
  return tx
    .selectFrom('challenge')
    .select(['id', 'account_id', 'sent_at', 'sent_to', 'code_hash', 'code_expires_at'])
    .where('session_id', '=', who.session)
    .where('purpose', '=', purpose)
    .where('method', '=', channel)
    .$if(address !== undefined, (query) => query.where('sent_to', '=', address ?? ''))
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now())
    .where('failed_attempts', '<', answersPerChallenge)
    .where('credential_version', '=', account.credential_version)
    .orderBy('sent_at', 'desc')
    .executeTakeFirst()
}
