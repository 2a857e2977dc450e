import { isSameMailbox } from '../lib/email-address.ts'
import type { Recipient } from '../notifications/outbox.ts'
import type { Channel } from '../notifications/transport.ts'
import type { Principal } from '../sessions/guard.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'
import {
  consumeChallenge,
  countFailedAttempt,
  maxAttemptsPerChallenge,
  newChallengeRow,
} from './challenge-row.ts'
import { matchesOtp } from './otp.ts'
import {
  type CodeSent,
  type CodeTemplate,
  codeAttemptBuckets,
  type SendCodeDeps,
  sendCode,
} from './send-code.ts'

/** What an address is proven for: a code for one is worth nothing for another. */
export interface AddressVerification {
  purpose: 'setUp' | 'email' | 'phone'
  channel: Channel
  template: CodeTemplate
}

/**
 * Sends a code to an address that whoever has the session says is theirs.
 *
 * @throws Problem with `retryAfter` if it is too early, or if there were too many
 */
export async function sendVerificationCode(
  tx: Tx,
  deps: SendCodeDeps,
  account: LockedAccount,
  principal: Principal,
  { purpose, channel, template }: AddressVerification,
  address: string,
): Promise<CodeSent> {
  const existing = await findOpenChallenge(tx, account, principal, { purpose, channel }, address)
  const challenge =
    existing ??
    (await tx
      .insertInto('challenge')
      .values({
        ...newChallengeRow(account),
        purpose,
        session_id: principal.session,
        method: channel,
        sent_to: address,
      })
      .returning(['id', 'account_id', 'sent_to', 'sent_at'])
      .executeTakeFirstOrThrow())
  return sendCode(tx, deps, challenge, {
    method: channel,
    to: { channel, destination: address },
    template,
    unverified: !isVerifiedAddress(account, { channel, destination: address }),
  })
}

/** Whether the account has proven before that the address is its owner's. */
function isVerifiedAddress(
  account: LockedAccount,
  { channel, destination: address }: Recipient,
): boolean {
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
export async function verifyAddress(
  tx: Tx,
  { keyring, rateLimiter }: SendCodeDeps,
  account: LockedAccount,
  principal: Principal,
  verification: Pick<AddressVerification, 'purpose' | 'channel'>,
  { address, code }: { address: string | undefined; code: string },
): Promise<string | undefined> {
  const reservation = await rateLimiter.consume(tx, ...codeAttemptBuckets(account.id))
  const challenge = await findOpenChallenge(tx, account, principal, verification, address)
  if (!challenge) return undefined

  const { id, sent_to, code_hash, code_expires_at } = challenge
  const sent = { challengeId: id, codeHash: code_hash, expiresAt: code_expires_at }
  if (sent_to === null || !matchesOtp(keyring, code, sent)) {
    await countFailedAttempt(tx, id)
    return undefined
  }
  await rateLimiter.refund(tx, reservation)
  await consumeChallenge(tx, id)
  return sent_to
}

/** The newest code of this session that is still waited for. */
function findOpenChallenge(
  tx: Tx,
  account: LockedAccount,
  principal: Principal,
  { purpose, channel }: Pick<AddressVerification, 'purpose' | 'channel'>,
  address: string | undefined,
) {
  return tx
    .selectFrom('challenge')
    .select(['id', 'account_id', 'sent_at', 'sent_to', 'code_hash', 'code_expires_at'])
    .where('session_id', '=', principal.session)
    .where('purpose', '=', purpose)
    .where('method', '=', channel)
    .$if(address !== undefined, (query) => query.where('sent_to', '=', address ?? ''))
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .where('failed_attempts', '<', maxAttemptsPerChallenge)
    .where('credential_version', '=', account.credential_version)
    .orderBy('sent_at', 'desc')
    .executeTakeFirst()
}
