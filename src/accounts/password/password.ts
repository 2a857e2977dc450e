import { change, weakeningMs } from '../../activity/change.ts'
import type { Client } from '../../lib/client.ts'
import { day, hour, instant, minute, now, second } from '../../lib/clock.ts'
import type { EmailAddress } from '../../lib/email-address.ts'
import type { Keys } from '../../lib/keys.ts'
import { networkOf } from '../../lib/network.ts'
import type { Passwords } from '../../lib/passwords.ts'
import { Problem } from '../../lib/problem.ts'
import { newCode } from '../../lib/random.ts'
import { type Limit, type Limits, wrongPasswordsInSession } from '../../limits/limits.ts'
import { enqueue } from '../../messages/outbox.ts'
import { checkPassword } from '../../sessions/check-password.ts'
import { signedInBefore } from '../../sessions/familiar.ts'
import { type Guard, type HeldAccount, holdAccount, type SignedIn } from '../../sessions/guard.ts'
import { endSessions } from '../../sessions/session.ts'
import { ensureNotSuspended } from '../../sessions/suspension.ts'
import { distrust } from '../../sessions/trusted-device.ts'
import type { Db, Tx } from '../../store/open.ts'
import { transaction } from '../../store/transaction.ts'
import {
  consumeReset,
  newResetCode,
  type OpenReset,
  openResetByCode,
  openResetByToken,
} from './reset.ts'

/** Mail can be slow. */
export const codeLivesMs = 15 * minute

/** Mails to one address: from one network, and from all that its owner never signed in from. */
const mailsFromHere: Limit = {
  name: 'reset-mails-here',
  most: 5,
  within: hour,
  problem: 'too_many_messages',
}
export const mailsToAddress: Limit = {
  name: 'reset-mails',
  most: 20,
  within: day,
  problem: 'too_many_messages',
}

/**
 * Wrong codes for one address: from one network, and from all that its owner never signed in from.
 * No wrong code spoils a right one: it would be a stranger's way to bar the owner.
 */
const wrongCodesFromHere: Limit = {
  name: 'reset-codes-here',
  most: 10,
  within: hour,
  problem: 'too_many_attempts',
}
export const wrongCodesFromElsewhere: Limit = {
  name: 'reset-codes',
  most: 50,
  within: day,
  problem: 'too_many_attempts',
}

/** Resets asked for or tried from one network, counted before any work is done for them. */
export const resetsFromHere: Limit = {
  name: 'resets',
  most: 600,
  within: hour,
  problem: 'too_many_attempts',
}

export interface PasswordHouse {
  db: Db
  keys: Keys
  limits: Limits
  passwords: Passwords
  guard: Guard
}

/**
 * Has whoever has the session show that they know the password. Wrong guesses are counted.
 *
 * @returns the hash it fits, to be compared again where it decides; undefined if it fits none
 * @throws Problem `too_many_attempts` or `unavailable`
 */
export function confirmPassword(
  house: PasswordHouse,
  who: SignedIn,
  password: string,
): Promise<string | undefined> {
  return house.passwords.inLine(() => confirmNow(house, who, password))
}

async function confirmNow(
  house: PasswordHouse,
  who: SignedIn,
  password: string,
): Promise<string | undefined> {
  const { db, limits } = house
  const account = await db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('id', '=', who.account)
    .executeTakeFirstOrThrow()
  // Counted before it is judged: of many guesses at once none slips past the count.
  const taken = await transaction(db, (tx) =>
    limits.take(tx, { limit: wrongPasswordsInSession, of: who.session }),
  )
  const fitting = await checkPassword(house, account, password)
  if (fitting === undefined) return undefined
  await transaction(db, (tx) => limits.giveBack(tx, taken))
  return fitting
}

/**
 * Changes the password, for whoever knows the current one. Other sessions end, and no device is
 * trusted any more.
 *
 * @returns when, or undefined if the current password is not right
 */
export async function changePassword(
  house: PasswordHouse,
  who: SignedIn,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<{ changedAt: string } | undefined> {
  const { db, keys, passwords, guard } = house
  const confirmed = await confirmPassword(house, who, currentPassword)
  if (confirmed === undefined) return undefined
  const newHash = await passwords.hash(newPassword)

  return transaction(db, async (tx) => {
    const account = await guard.hold(tx, who)
    // Somebody may have changed it while we were hashing.
    if (account.password_hash !== confirmed) return undefined
    const cause = { by: 'owner', ...who } as const
    await setPassword(tx, keys, account, newHash, { type: 'password.changed', cause })
    await endSessions(tx, account.id, who.session)
    return { changedAt: instant(now()) }
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
export async function forgotPassword(
  tx: Tx,
  { keys, limits }: Pick<PasswordHouse, 'keys' | 'limits'>,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<ResetCodeSent> {
  const account = await accountOf(tx, email)
  const network = networkOf(client.ipAddress)
  const here = `${email.key} ${network}`
  await limits.take(
    tx,
    { limit: resetsFromHere, of: network },
    { limit: mailsFromHere, of: here },
    { limit: mailsToAddress, of: (await isFamiliar(tx, account, client)) ? here : email.key },
  )
  const template = !account
    ? 'reset-unknown-address'
    : account.suspended_since === null
      ? 'reset-code'
      : 'reset-suspended'
  const code = newCode()
  const until = now() + codeLivesMs
  await newResetCode(tx, keys, account, { code, until })
  await enqueue(tx, keys, {
    account: account?.id ?? null,
    language: client.language,
    to: { channel: 'email', address: account?.email ?? email.address },
    template,
    params: {},
    // Where the code would open nothing it is not shown, and takes as long to promise.
    secret: { kind: template === 'reset-code' ? 'code' : 'blank', value: code, until },
  })
  return { status: 'codeSent', expiresIn: codeLivesMs / second }
}

/**
 * Networks that the owner signed in from are counted each for itself, so that strangers elsewhere
 * use nothing of theirs up. It takes as long where there is no account.
 */
function isFamiliar(tx: Tx, account: { id: string } | undefined, client: Client): Promise<boolean> {
  return signedInBefore(tx, account?.id ?? '', client)
}

/** Counts a reset before any work is done for it. @throws Problem with `retryAfter` */
export async function countReset(tx: Tx, limits: Limits, client: Client): Promise<void> {
  await limits.take(tx, { limit: resetsFromHere, of: networkOf(client.ipAddress) })
}

/** By what a password may be set anew: the mailed code, or the token of an undo. */
export type ResetProof = { email: EmailAddress; code: string } | { resetToken: string }

/**
 * Sets the password anew. Every session and trusted device ends; the second factor stays as it is,
 * and the next sign-in asks for it as ever.
 *
 * @returns false for a code that is wrong, late or used; that must be committed, for it counts
 * @throws Problem `reset_token_expired` or `account_suspended`
 */
export async function resetPassword(
  tx: Tx,
  { keys, limits }: Pick<PasswordHouse, 'keys' | 'limits'>,
  proof: ResetProof,
  { passwordHash, client }: { passwordHash: string; client: Client },
): Promise<boolean> {
  if ('resetToken' in proof) {
    const open = await openResetByToken(tx, keys, proof.resetToken)
    if (!open) {
      throw new Problem(
        'reset_token_expired',
        'This is used or too old. Ask for a code by “forgotten password”.',
      )
    }
    await finishReset(tx, keys, open, passwordHash, client)
    return true
  }

  const { email, code } = proof
  const found = await accountOf(tx, email)
  const here = `${email.key} ${networkOf(client.ipAddress)}`
  const taken = await limits.take(
    tx,
    { limit: wrongCodesFromHere, of: here },
    {
      limit: wrongCodesFromElsewhere,
      of: (await isFamiliar(tx, found, client)) ? here : email.key,
    },
  )
  const account = await holdAccount(tx, found?.id ?? '')
  const open = await openResetByCode(tx, keys, account, code)
  if (!open) return false
  await limits.giveBack(tx, taken)
  await finishReset(tx, keys, open, passwordHash, client)
  return true
}

async function finishReset(
  tx: Tx,
  keys: Keys,
  { account, reset }: OpenReset,
  passwordHash: string,
  client: Client,
): Promise<void> {
  ensureNotSuspended(account)
  await consumeReset(tx, reset)
  const cause = { by: 'mailbox', client } as const
  await setPassword(tx, keys, account, passwordHash, { type: 'password.reset', cause })
  await endSessions(tx, account.id)
}

async function setPassword(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  passwordHash: string,
  what: Pick<Parameters<typeof change>[3], 'cause'> & {
    type: 'password.changed' | 'password.reset'
  },
): Promise<void> {
  const at = now()
  await change(
    tx,
    keys,
    account,
    { ...what, detail: {}, tell: 'password-changed', params: { at }, undoForMs: weakeningMs },
    {
      password_hash: passwordHash,
      password_changed_at: at,
      password_reset_required_since: null,
      // Until the password is set in a session again, the mailbox has been one factor already.
      reset_by_email_at: what.type === 'password.reset' ? at : null,
    },
    () => distrust(tx, account.id),
  )
}

function accountOf(tx: Tx, email: EmailAddress) {
  return tx
    .selectFrom('account')
    .select(['id', 'email', 'credential_version', 'suspended_since'])
    .where('email_key', '=', email.key)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}
