import type * as activity from '../../activity/activity.ts'
import type { Keyring } from '../../keys/keyring.ts'
import type { Client } from '../../lib/client.ts'
import { day, hour, minute, second, toIsoString } from '../../lib/clock.ts'
import type { EmailAddress } from '../../lib/email-address.ts'
import { networkOf } from '../../lib/network.ts'
import type { PasswordHasher } from '../../lib/password-hasher.ts'
import { Problem } from '../../lib/problem.ts'
import { newCode } from '../../lib/random.ts'
import { enqueueNotification } from '../../notifications/outbox.ts'
import {
  type RateLimit,
  type RateLimiter,
  wrongPasswordsInSession,
} from '../../rate-limits/rate-limiter.ts'
import { checkPassword } from '../../sessions/check-password.ts'
import {
  type Guard,
  type LockedAccount,
  lockAccount,
  type Principal,
} from '../../sessions/guard.ts'
import { isKnownNetwork } from '../../sessions/known-network.ts'
import { endSessions } from '../../sessions/session.ts'
import { ensureNotSuspended } from '../../sessions/suspension.ts'
import { deleteTrustedDevices } from '../../sessions/trusted-device.ts'
import type { Db } from '../../store/open.ts'
import type { RunTransaction, Tx } from '../../store/transaction.ts'
import { changeCredentials, weakeningUndoMs } from '../../undo/credential-change.ts'
import {
  consumeReset,
  findResetByCode,
  findResetByToken,
  issueResetCode,
  type PendingReset,
} from '../../verification/reset-token.ts'

/** Mail can be slow. */
export const resetCodeLifetimeMs = 15 * minute

/** Mails to one address: from one network, and from all that its owner never signed in from. */
const resetEmailsPerAddressAndNetwork: RateLimit = {
  name: 'reset-mails-here',
  max: 5,
  windowMs: hour,
  problem: 'too_many_messages',
}
export const resetEmailsPerAddress: RateLimit = {
  name: 'reset-mails',
  max: 20,
  windowMs: day,
  problem: 'too_many_messages',
}

/**
 * Wrong codes for one address: from one network, and from all that its owner never signed in from.
 * No wrong code spoils a right one: it would be a stranger's way to bar the owner.
 */
const wrongResetCodesPerAddressAndNetwork: RateLimit = {
  name: 'reset-codes-here',
  max: 10,
  windowMs: hour,
  problem: 'too_many_attempts',
}
export const wrongResetCodesFromUnknownNetworks: RateLimit = {
  name: 'reset-codes',
  max: 50,
  windowMs: day,
  problem: 'too_many_attempts',
}

/** Resets asked for or tried from one network, counted before any work is done for them. */
export const resetsPerNetwork: RateLimit = {
  name: 'resets',
  max: 600,
  windowMs: hour,
  problem: 'too_many_attempts',
}

export interface PasswordDeps {
  db: Db
  transaction: RunTransaction
  keyring: Keyring
  rateLimiter: RateLimiter
  passwords: PasswordHasher
  guard: Guard
}

/**
 * Has whoever has the session show that they know the password. Wrong guesses are counted.
 *
 * @returns the hash it fits, to be compared again where it decides; undefined if it fits none
 * @throws Problem `too_many_attempts` or `unavailable`
 */
export function confirmPassword(
  deps: PasswordDeps,
  principal: Principal,
  password: string,
): Promise<string | undefined> {
  return deps.passwords.withSlot(() => verifyCurrentPassword(deps, principal, password))
}

async function verifyCurrentPassword(
  deps: PasswordDeps,
  principal: Principal,
  password: string,
): Promise<string | undefined> {
  const { db, transaction, rateLimiter } = deps
  const account = await db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('id', '=', principal.account)
    .executeTakeFirstOrThrow()
  // Counted before it is judged: of many guesses at once none slips past the count.
  const reservation = await transaction((tx) =>
    rateLimiter.consume(tx, { limit: wrongPasswordsInSession, key: principal.session }),
  )
  const verifiedHash = await checkPassword(deps, account, password)
  if (verifiedHash === undefined) return undefined
  await transaction((tx) => rateLimiter.refund(tx, reservation))
  return verifiedHash
}

/**
 * Changes the password, for whoever knows the current one. Other sessions end, and no device is
 * trusted any more.
 *
 * @returns when, or undefined if the current password is not right
 */
export async function changePassword(
  deps: PasswordDeps,
  principal: Principal,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<{ changedAt: string } | undefined> {
  const { transaction, passwords, guard } = deps
  const verifiedHash = await confirmPassword(deps, principal, currentPassword)
  if (verifiedHash === undefined) return undefined
  const newHash = await passwords.hash(newPassword)

  return transaction(async (tx) => {
    const account = await guard.lockAccount(tx, principal)
    // Somebody may have changed it while we were hashing.
    if (account.password_hash !== verifiedHash) return undefined
    const cause = { by: 'owner', ...principal } as const
    await setPassword(tx, account, newHash, { type: 'password.changed', cause })
    await endSessions(tx, account.id, principal.session)
    return { changedAt: toIsoString(tx.now()) }
  })
}

/** The answer to everyone who forgot a password, whoever they are. */
export interface ResetCodeSent {
  status: 'codeSent'
  expiresIn: number
}

/**
 * Sends a code by which the password can be set anew. An address without an account gets a message
 * too: the answer and the work are the same.
 */
export async function requestPasswordReset(
  tx: Tx,
  { rateLimiter }: Pick<PasswordDeps, 'rateLimiter'>,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<ResetCodeSent> {
  const account = await findAccountByEmail(tx, email)
  const network = networkOf(client.ipAddress)
  const addressAndNetwork = `${email.key} ${network}`
  await rateLimiter.consume(
    tx,
    { limit: resetsPerNetwork, key: network },
    { limit: resetEmailsPerAddressAndNetwork, key: addressAndNetwork },
    {
      limit: resetEmailsPerAddress,
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
    // Where the code would open nothing it is not shown, and takes as long to promise.
    secret: { kind: template === 'reset-code' ? 'code' : 'decoy', value: code, expiresAt },
  })
  return { status: 'codeSent', expiresIn: resetCodeLifetimeMs / second }
}

/**
 * Networks that the owner signed in from are counted each for itself, so that strangers elsewhere
 * use nothing of theirs up. It takes as long where there is no account.
 */
function isFromKnownNetwork(
  tx: Tx,
  account: { id: string } | undefined,
  client: Client,
): Promise<boolean> {
  return isKnownNetwork(tx, account?.id ?? '', client)
}

/** Counts a reset before any work is done for it. @throws Problem with `retryAfter` */
export async function consumeResetLimit(
  tx: Tx,
  rateLimiter: RateLimiter,
  client: Client,
): Promise<void> {
  await rateLimiter.consume(tx, { limit: resetsPerNetwork, key: networkOf(client.ipAddress) })
}

/** By what a password may be set anew: the mailed code, or the token of an undo. */
export type ResetCredential = { email: EmailAddress; code: string } | { resetToken: string }

/**
 * Sets the password anew. Every session and trusted device ends; the second factor stays as it is,
 * and the next sign-in asks for it as ever.
 *
 * @returns false for a code that is wrong, late or used; that must be committed, for it counts
 * @throws Problem `reset_token_expired` or `account_suspended`
 */
export async function resetPassword(
  tx: Tx,
  { rateLimiter }: Pick<PasswordDeps, 'rateLimiter'>,
  credential: ResetCredential,
  { passwordHash, client }: { passwordHash: string; client: Client },
): Promise<boolean> {
  if ('resetToken' in credential) {
    const pending = await findResetByToken(tx, credential.resetToken)
    if (!pending) {
      throw new Problem(
        'reset_token_expired',
        'This is used or too old. Ask for a code by “forgotten password”.',
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
    { limit: wrongResetCodesPerAddressAndNetwork, key: addressAndNetwork },
    {
      limit: wrongResetCodesFromUnknownNetworks,
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

async function setPassword(
  tx: Tx,
  account: LockedAccount,
  passwordHash: string,
  entry: { type: 'password.changed' | 'password.reset'; cause: activity.Cause },
): Promise<void> {
  const at = tx.now()
  await changeCredentials(tx, account, {
    ...entry,
    notice: 'password-changed',
    params: { at },
    undoForMs: weakeningUndoMs,
    set: {
      password_hash: passwordHash,
      password_changed_at: at,
      password_reset_required_since: null,
      // Until the password is set in a session again, the mailbox has been one factor already.
      reset_by_email_at: entry.type === 'password.reset' ? at : null,
    },
    updateRows: () => deleteTrustedDevices(tx, account.id),
  })
}

function findAccountByEmail(tx: Tx, email: EmailAddress) {
  return tx
    .selectFrom('account')
    .select(['id', 'email', 'credential_version', 'suspended_since'])
    .where('email_key', '=', email.key)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}
