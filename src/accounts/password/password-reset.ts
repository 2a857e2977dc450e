import type { Client } from '../../lib/client.ts'
import { minute, second } from '../../lib/clock.ts'
import { type EmailAddress, mailboxOf } from '../../lib/email-address.ts'
import { networkOf } from '../../lib/network.ts'
import { Problem } from '../../lib/problem.ts'
import { newCode } from '../../lib/random.ts'
import { enqueueNotification } from '../../notifications/outbox.ts'
import { rateLimits } from '../../rate-limits/limits.ts'
import type { Bucket, RateLimit, RateLimiter } from '../../rate-limits/rate-limiter.ts'
import { findDevice, keepDeviceKnown } from '../../sessions/device.ts'
import { changeBucket } from '../../sessions/guard.ts'
import { forgetNetworks, isKnownNetwork } from '../../sessions/known-network.ts'
import { lockAccount } from '../../sessions/locked-account.ts'
import { endSessions } from '../../sessions/session.ts'
import { ensureNotSuspended } from '../../sessions/suspension.ts'
import type { Tx } from '../../store/transaction.ts'
import { type Leftovers, listRemainingPasskeys, listUndoableChanges } from '../../undo/leftovers.ts'
import {
  accountOfResetToken,
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

/** The client of a reset, and the device token that it brought. */
interface ResetClient {
  client: Client
  deviceToken: string | undefined
}

/**
 * Emails a code that resets the password. An address without an account gets a message too, after
 * the same work and with the same response.
 */
export async function requestPasswordReset(
  tx: Tx,
  { rateLimiter }: { rateLimiter: RateLimiter },
  { email, ...from }: { email: EmailAddress } & ResetClient,
): Promise<ResetCodeSent> {
  const { client } = from
  const account = await findAccountByEmail(tx, email)
  const origin = await originOf(tx, account, from)
  const mailbox = mailboxOf(email.key)
  await rateLimiter.consume(
    tx,
    { limit: rateLimits.resetsPerNetwork, key: origin.key },
    { limit: rateLimits.resetEmailsPerMailboxAndNetwork, key: `${mailbox} ${origin.key}` },
    ...perKindOfNetwork(origin, mailbox, {
      known: rateLimits.resetEmailsFromKnownNetworks,
      unknown: rateLimits.resetEmailsFromUnknownNetworks,
    }),
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

/** The known device or the network that a client’s attempts count against. */
interface Origin {
  kind: 'knownDevice' | 'knownNetwork' | 'unknownNetwork'
  key: string
}

/**
 * Known devices and networks have limits of their own, so that strangers cannot use up the owner’s.
 * Takes equal time without an account.
 */
async function originOf(
  tx: Tx,
  account: { id: string } | undefined,
  { client, deviceToken }: ResetClient,
): Promise<Origin> {
  const id = account?.id ?? ''
  const network = networkOf(client.ipAddress)
  const isKnown = await isKnownNetwork(tx, id, client)
  const device = await findDevice(tx, tx.keyring, id, deviceToken)
  if (device?.isKnown) return { kind: 'knownDevice', key: device.id }
  return { kind: isKnown ? 'knownNetwork' : 'unknownNetwork', key: network }
}

/** The limit that all networks of one kind share. A known device is not subject to it. */
function perKindOfNetwork(
  { kind }: Origin,
  key: string,
  limits: { known: RateLimit; unknown: RateLimit },
): Bucket[] {
  if (kind === 'knownDevice') return []
  return [{ limit: kind === 'knownNetwork' ? limits.known : limits.unknown, key }]
}

/** The address that the new password must not be; empty for an unknown token. */
export async function addressOfReset(tx: Tx, credential: ResetCredential): Promise<string> {
  if ('email' in credential) return credential.email.key
  return (await accountOfResetToken(tx, credential.resetToken))?.email ?? ''
}

/** The known device or the network that a reset comes from. */
export async function originOfReset(
  tx: Tx,
  credential: ResetCredential,
  from: ResetClient,
): Promise<Origin> {
  const account =
    'email' in credential
      ? await findAccountByEmail(tx, credential.email)
      : await accountOfResetToken(tx, credential.resetToken)
  return originOf(tx, account, from)
}

/**
 * Counts a reset; call it before hashing the password.
 *
 * @param origin the key of `originOfReset`
 * @throws Problem with `retryAfter`
 */
export async function consumeResetLimit(
  tx: Tx,
  rateLimiter: RateLimiter,
  origin: string,
): Promise<void> {
  await rateLimiter.consume(tx, { limit: rateLimits.resetsPerNetwork, key: origin })
}

/** The proof that authorises a reset: the emailed code, or the reset token of an undo. */
export type ResetCredential = { email: EmailAddress; code: string } | { resetToken: string }

/**
 * Resets the password, ends all sessions and the trust in all devices, and forgets all devices and
 * networks but the client’s. MFA stays on, and the next sign-in needs the second factor.
 *
 * @returns changes and passkeys that stay, perhaps a thief’s; undefined for a code that is wrong, expired or used, whose
 * transaction must commit, so that the attempt counts
 * @throws Problem `reset_token_expired` or `account_suspended`
 */
export async function resetPassword(
  tx: Tx,
  { rateLimiter }: { rateLimiter: RateLimiter },
  credential: ResetCredential,
  { passwordHash, ...from }: { passwordHash: string } & ResetClient,
): Promise<Leftovers | undefined> {
  if ('resetToken' in credential) {
    const pending = await findResetByToken(tx, credential.resetToken)
    if (!pending) {
      throw new Problem(
        'reset_token_expired',
        'This was used already or has expired. Choose “Forgot your password?” to get a code.',
      )
    }
    return completeReset(tx, rateLimiter, pending, { passwordHash, ...from })
  }

  const { email, code } = credential
  const found = await findAccountByEmail(tx, email)
  const origin = await originOf(tx, found, from)
  const reservation = await rateLimiter.consume(
    tx,
    { limit: rateLimits.wrongResetCodesPerAddressAndNetwork, key: `${email.key} ${origin.key}` },
    ...perKindOfNetwork(origin, email.key, {
      known: rateLimits.wrongResetCodesFromKnownNetworks,
      unknown: rateLimits.wrongResetCodesFromUnknownNetworks,
    }),
  )
  const account = await lockAccount(tx, found?.id ?? '')
  const pending = await findResetByCode(tx, account, code)
  if (!pending) return undefined
  await rateLimiter.refund(tx, reservation)
  return completeReset(tx, rateLimiter, pending, { passwordHash, ...from })
}

async function completeReset(
  tx: Tx,
  rateLimiter: RateLimiter,
  { account, resetId }: PendingReset,
  { passwordHash, client, deviceToken }: { passwordHash: string } & ResetClient,
): Promise<Leftovers> {
  ensureNotSuspended(account)
  await consumeReset(tx, resetId)
  const undoableChanges = await listUndoableChanges(tx, account.id)
  const cause = { by: 'mailbox', client } as const
  await setPassword(tx, account, passwordHash, { type: 'password.reset', cause })
  await endSessions(tx, account.id)
  await forgetNetworks(tx, account.id, client)
  await keepDeviceKnown(tx, account, { deviceToken })
  // A thief may have used these up, and is out now.
  await rateLimiter.clear(
    tx,
    { limit: rateLimits.signInsPerAccount, key: account.id },
    changeBucket(account.id),
    changeBucket(account.id, 'password'),
  )
  return { undoableChanges, passkeys: await listRemainingPasskeys(tx, account.id) }
}

function findAccountByEmail(tx: Tx, email: EmailAddress) {
  return tx
    .selectFrom('account')
    .select(['id', 'email', 'credential_version', 'suspended_since'])
    .where('email_key', '=', email.key)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}
