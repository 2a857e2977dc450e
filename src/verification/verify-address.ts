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

/** The purpose that a code is bound to: a code sent for one purpose is refused for another. */
export interface AddressVerification {
  purpose: 'setUp' | 'email' | 'phone'
  channel: Channel
  template: CodeTemplate
}

/**
 * Sends a code to an address that the session's owner claims.
 *
 * @throws Problem with `retryAfter` within the resend cooldown, or if too many codes were sent
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
        ...newChallengeRow(tx, account),
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

function isVerifiedAddress(
  account: LockedAccount,
  { channel, destination: address }: Recipient,
): boolean {
  if (channel === 'sms') return address === account.phone_number
  return [account.email, account.mfa_email].some((own) => isSameMailbox(own, address))
}

/**
 * Verifies a code; a right one works once.
 *
 * @param address undefined for the address that the newest code was sent to
 * @returns the verified address, or undefined for a wrong code; the transaction must commit, so that
 * the attempt counts
 * @throws Problem `too_many_attempts`
 */
export async function verifyAddress(
  tx: Tx,
  { rateLimiter }: SendCodeDeps,
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
  if (sent_to === null || !matchesOtp(tx, code, sent)) {
    await countFailedAttempt(tx, id)
    return undefined
  }
  await rateLimiter.refund(tx, reservation)
  await consumeChallenge(tx, id)
  return sent_to
}

/** The newest challenge of this session that a code can still complete. */
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
