import * as activity from '../activity/activity.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Client } from '../lib/client.ts'
import { day, hour, minute, second } from '../lib/clock.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import type { Language } from '../lib/language.ts'
import { maskEmail } from '../lib/mask.ts'
import { networkOf } from '../lib/network.ts'
import { newCode, newId } from '../lib/random.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import type { RateLimit, RateLimiter, Reservation } from '../rate-limits/rate-limiter.ts'
import { lockedColumns } from '../sessions/guard.ts'
import { issueSession } from '../sessions/issue-session.ts'
import type { IssuedSession, SessionRules } from '../sessions/session.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Tx } from '../store/transaction.ts'
import { isAddressReserved } from '../undo/undo-token.ts'

/** Mail can be slow; a code for signing up guards an account that does not exist yet. */
export const signUpCodeLifetimeMs = 15 * minute

/** Mails to one address: from one network, and from all of them. */
const signUpEmailsPerAddressAndNetwork: RateLimit = {
  name: 'sign-up-mails-here',
  max: 5,
  windowMs: hour,
  problem: 'too_many_messages',
}
export const signUpEmailsPerAddress: RateLimit = {
  name: 'sign-up-mails',
  max: 20,
  windowMs: day,
  problem: 'too_many_messages',
}

/** Sign-ups and wrong codes from one network: ten a minute is a busy school, more is a machine. */
const signUpsPerNetwork: RateLimit = {
  name: 'sign-ups',
  max: 600,
  windowMs: hour,
  problem: 'too_many_attempts',
}

/** Wrong codes for one address: from one network, and from all of them. */
const wrongSignUpCodesPerAddressAndNetwork: RateLimit = {
  name: 'sign-up-codes-here',
  max: 10,
  windowMs: hour,
  problem: 'too_many_attempts',
}
export const wrongSignUpCodesPerAddress: RateLimit = {
  name: 'sign-up-codes',
  max: 50,
  windowMs: hour,
  problem: 'too_many_attempts',
}

const codePurpose = ({ key }: EmailAddress) => `sign_up ${key}`

/** The answer to every sign-up, whoever has the address. */
export interface SignUpCodeSent {
  status: 'codeSent'
  sentTo: string
  expiresIn: number
}

/** Counts a sign-up before any work is done for it. @throws Problem with `retryAfter` */
export async function consumeSignUpLimits(
  tx: Tx,
  rateLimiter: RateLimiter,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<void> {
  const network = networkOf(client.ipAddress)
  await rateLimiter.consume(
    tx,
    { limit: signUpsPerNetwork, key: network },
    { limit: signUpEmailsPerAddressAndNetwork, key: `${email.key} ${network}` },
    { limit: signUpEmailsPerAddress, key: email.key },
  )
}

/**
 * Begins a sign-up that was counted: its code goes to the address. There is no account before the
 * code comes back.
 *
 * An address that has one already gets another message, and the same answer after the same work.
 *
 * @param passwordHash of the password that this sign-up, and no other, will set
 */
export async function startSignUp(
  tx: Tx,
  request: { email: EmailAddress; passwordHash: string; client: Client },
): Promise<SignUpCodeSent> {
  const { email, passwordHash, client } = request
  const existing = await tx
    .selectFrom('account')
    .select(['id', 'email'])
    .where('email_key', '=', email.key)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  const reserved = !existing && (await isAddressReserved(tx, email.key))
  const code = newCode()
  const expiresAt = tx.now() + signUpCodeLifetimeMs
  await tx
    .insertInto('sign_up')
    .values({
      id: newId(),
      email: email.address,
      email_key: email.key,
      password_hash: passwordHash,
      code_hash: tx.keyring.hash(code, codePurpose(email)),
      created_at: tx.now(),
      expires_at: expiresAt,
      consumed_at: null,
    })
    .execute()

  const address = existing?.email ?? email.address
  await enqueueNotification(tx, {
    accountId: existing?.id ?? null,
    language: client.language,
    to: { channel: 'email', destination: address },
    template: existing
      ? 'sign-up-existing-address'
      : reserved
        ? 'sign-up-reserved-address'
        : 'sign-up-code',
    params: {},
    secret: existing || reserved ? undefined : { kind: 'code', value: code, expiresAt: expiresAt },
  })
  return {
    status: 'codeSent',
    sentTo: maskEmail(email.address),
    expiresIn: signUpCodeLifetimeMs / second,
  }
}

/** Counts a code before any work is done for it. @throws Problem with `retryAfter` */
export function consumeSignUpCodeLimits(
  tx: Tx,
  rateLimiter: RateLimiter,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<Reservation> {
  const network = networkOf(client.ipAddress)
  return rateLimiter.consume(
    tx,
    { limit: signUpsPerNetwork, key: network },
    { limit: wrongSignUpCodesPerAddressAndNetwork, key: `${email.key} ${network}` },
    { limit: wrongSignUpCodesPerAddress, key: email.key },
  )
}

/**
 * Finishes the sign-up that `code` belongs to, once that was counted. Others that wait for the same
 * address, a stranger's perhaps, end here.
 *
 * @param passwordHash what the account gets instead of the password of that sign-up: whoever sent
 * both knows it, whereas the code may be that of a stranger's sign-up, which lies in the same
 * mailbox
 * @returns undefined for a code that is wrong, late or used
 */
export async function completeSignUp(
  tx: Tx,
  deps: { keyring: Keyring; rateLimiter: RateLimiter; rules: SessionRules },
  request: {
    email: EmailAddress
    code: string
    passwordHash: string | undefined
    client: Client
    reservation: Reservation
  },
): Promise<IssuedSession | undefined> {
  const { keyring, rateLimiter, rules } = deps
  const { email, code, passwordHash, client, reservation } = request
  const signUp = await tx
    .updateTable('sign_up')
    .set({ consumed_at: tx.now() })
    .where('email_key', '=', email.key)
    .where('code_hash', 'in', keyring.hashWithAllKeys(code.replaceAll(' ', ''), codePurpose(email)))
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .returning(['email', 'password_hash'])
    .executeTakeFirst()
  if (!signUp) return undefined

  await advisoryLock(tx, `email ${email.key}`)
  if (await isAddressReserved(tx, email.key)) return undefined
  const account = await createAccount(tx, {
    email: signUp.email,
    email_key: email.key,
    password_hash: passwordHash ?? signUp.password_hash,
    language: client.language,
  })
  if (!account) return undefined
  await rateLimiter.refund(tx, reservation)
  await tx
    .updateTable('sign_up')
    .set({ consumed_at: tx.now() })
    .where('email_key', '=', email.key)
    .where('consumed_at', 'is', null)
    .execute()
  await activity.record(tx, account.id, { type: 'account.created', client })
  return issueSession(tx, { account, amr: ['pwd'], client, keyring, rules })
}

/** @returns undefined if the address has an account by now */
export function createAccount(
  tx: Tx,
  account: { email: string; email_key: string; password_hash: string; language: Language },
) {
  return tx
    .insertInto('account')
    .values({
      ...account,
      id: newId(),
      password_changed_at: tx.now(),
      phone_number: null,
      phone_verified_at: null,
      mfa_email: null,
      mfa_on_since: null,
      mfa_method: null,
      mfa_changed_at: null,
      credential_version: 1,
      password_reset_required_since: null,
      reset_by_email_at: null,
      deleted_at: null,
      created_at: tx.now(),
      user_handle: null,
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returning(lockedColumns)
    .executeTakeFirst()
}
