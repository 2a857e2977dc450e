import type { Client } from '../../lib/client.ts'
import { minute, second } from '../../lib/clock.ts'
import type { EmailAddress } from '../../lib/email-address.ts'
import { networkOf } from '../../lib/network.ts'
import { Problem } from '../../lib/problem.ts'
import { newCode } from '../../lib/random.ts'
import { enqueueNotification } from '../../notifications/outbox.ts'
import { rateLimits } from '../../rate-limits/limits.ts'
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts'
import { isKnownNetwork } from '../../sessions/known-network.ts'
import { lockAccount } from '../../sessions/locked-account.ts'
import { endSessions } from '../../sessions/session.ts'
import { ensureNotSuspended } from '../../sessions/suspension.ts'
import type { Tx } from '../../store/transaction.ts'
import {
  consumeReset,
  findResetByCode,
  findResetByToken,
  issueResetCode,
  type PendingReset,
} from '../../verification/reset-token.ts'
import { setPassword } from './password-change.ts'

/** Mail can be slow. */
export const resetCodeLifetimeMs = 15 * minute

/** The response to every request for a reset, whether or not the address has an account. */
export interface ResetCodeSent {
  status: 'codeSent'
  expiresIn: number
}

/**
 * Emails a code that resets the password. An address without an account gets a message too, after
 * the same work and with the same response.
 */
export async function requestPasswordReset(
  tx: Tx,
  { rateLimiter }: { rateLimiter: RateLimiter },
  { email, client }: { email: EmailAddress; client: Client },
): Promise<ResetCodeSent> {
  const account = await findAccountByEmail(tx, email)
  const network = networkOf(client.ipAddress)
  const addressAndNetwork = `${email.key} ${network}`
  await rateLimiter.consume(
    tx,
    { limit: rateLimits.resetsPerNetwork, key: network },
    { limit: rateLimits.resetEmailsPerAddressAndNetwork, key: addressAndNetwork },
    {
      limit: rateLimits.resetEmailsPerAddress,
      key: (await isFromKnownNetwork(tx, account, client)) ? addressAndNetwork : email.key,
    },
  )
  const template = !account
    ? 'reset-unknown-address'
    : account.suspended_since === null
      ? 'reset-code'
      : 'reset-suspended'
  const code = newCode()
  const expiresAt = tx.now() + resetCodeLifetimeMs
  await issueResetCode(tx, account, { code, expiresAt })
  await enqueueNotification(tx, {
    accountId: account?.id ?? null,
    language: client.language,
    to: { channel: 'email', destination: account?.email ?? email.address },
    template,
    params: {},
    // A code that resets nothing is not in the message, but is sealed all the same, for equal time.
    secret: { kind: template === 'reset-code' ? 'code' : 'decoy', value: code, expiresAt },
  })
  return { status: 'codeSent', expiresIn: resetCodeLifetimeMs / second }
}

/**
 * Each network that the owner has signed in from has a limit of its own, so that a stranger on
 * another network cannot use up the owner's. Takes equal time without an account.
 */
function isFromKnownNetwork(
  tx: Tx,
  account: { id: string } | undefined,
  client: Client,
): Promise<boolean> {
  return isKnownNetwork(tx, account?.id ?? '', client)
}

/** Counts a reset; call it before hashing the password. @throws Problem with `retryAfter` */
export async function consumeResetLimit(
  tx: Tx,
  rateLimiter: RateLimiter,
  client: Client,
): Promise<void> {
  await rateLimiter.consume(tx, {
    limit: rateLimits.resetsPerNetwork,
    key: networkOf(client.ipAddress),
  })
}

/** The proof that authorises a reset: the emailed code, or the reset token of an undo. */
export type ResetCredential = { email: EmailAddress; code: string } | { resetToken: string }

/**
 * Resets the password, ends all sessions and removes all trusted devices. MFA stays on, and the
 * next sign-in needs the second factor.
 *
 * @returns false for a code that is wrong, expired or used; the transaction must commit, so that
 * the attempt counts
 * @throws Problem `reset_token_expired` or `account_suspended`
 */
export async function resetPassword(
  tx: Tx,
  { rateLimiter }: { rateLimiter: RateLimiter },
  credential: ResetCredential,
  { passwordHash, client }: { passwordHash: string; client: Client },
): Promise<boolean> {
  if ('resetToken' in credential) {
    const pending = await findResetByToken(tx, credential.resetToken)
    if (!pending) {
      throw new Problem(
        'reset_token_expired',
        'This was used already or has expired. Choose “Forgot your password?” to get a code.',
      )
    }
    await completeReset(tx, pending, passwordHash, client)
    return true
  }

  const { email, code } = credential
  const found = await findAccountByEmail(tx, email)
  const addressAndNetwork = `${email.key} ${networkOf(client.ipAddress)}`
  const reservation = await rateLimiter.consume(
    tx,
    { limit: rateLimits.wrongResetCodesPerAddressAndNetwork, key: addressAndNetwork },
    {
      limit: rateLimits.wrongResetCodesFromUnknownNetworks,
      key: (await isFromKnownNetwork(tx, found, client)) ? addressAndNetwork : email.key,
    },
  )
  const account = await lockAccount(tx, found?.id ?? '')
  const pending = await findResetByCode(tx, account, code)
  if (!pending) return false
  await rateLimiter.refund(tx, reservation)
  await completeReset(tx, pending, passwordHash, client)
  return true
}

async function completeReset(
  tx: Tx,
  { account, resetId }: PendingReset,
  passwordHash: string,
  client: Client,
): Promise<void> {
  ensureNotSuspended(account)
  await consumeReset(tx, resetId)
  const cause = { by: 'mailbox', client } as const
  await setPassword(tx, account, passwordHash, { type: 'password.reset', cause })
  await endSessions(tx, account.id)
}

function findAccountByEmail(tx: Tx, email: EmailAddress) {
  return tx
    .selectFrom('account')
    .select(['id', 'email', 'credential_version', 'suspended_since'])
    .where('email_key', '=', email.key)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}
