import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { minute, second } from '../lib/clock.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import { maskEmail } from '../lib/mask.ts'
import { networkOf } from '../lib/network.ts'
import { newCode, newId } from '../lib/random.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { RateLimiter, Reservation } from '../rate-limits/rate-limiter.ts'
import { issueSession } from '../sessions/issue-session.ts'
import type { IssuedSession, SessionRules } from '../sessions/session.ts'
import { lockEmails } from '../store/locks.ts'
import type { Tx } from '../store/transaction.ts'
import { isAddressReserved } from '../undo/undo-token.ts'
import { createAccount } from './create-account.ts'

/** Longer than other codes: mail can be slow, and there is no account yet that a thief could enter. */
export const signUpCodeLifetimeMs = 15 * minute

const codePurpose = ({ key }: EmailAddress) => `sign_up ${key}`

/** The response to every sign-up, whether or not the address has an account. */
export interface SignUpCodeSent {
  status: 'codeSent'
  sentTo: string
  expiresIn: number
}

/** Counts a sign-up; call it before hashing the password. @throws Problem with `retryAfter` */
export async function consumeSignUpLimits(
  tx: Tx,
  rateLimiter: RateLimiter,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<void> {
  const network = networkOf(client.ipAddress)
  await rateLimiter.consume(
    tx,
    { limit: rateLimits.signUpsPerNetwork, key: network },
    { limit: rateLimits.signUpEmailsPerAddressAndNetwork, key: `${email.key} ${network}` },
    { limit: rateLimits.signUpEmailsPerAddress, key: email.key },
  )
}

/**
 * Starts a sign-up that `consumeSignUpLimits` has counted, and emails its code. The account is
 * created by `completeSignUp`.
 *
 * An address that has an account already gets another message and the same response, so that a
 * stranger cannot learn which addresses have accounts.
 *
 * @param passwordHash the password of this sign-up; other sign-ups of the address have their own
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
    secret: existing || reserved ? undefined : { kind: 'code', value: code, expiresAt },
  })
  return {
    status: 'codeSent',
    sentTo: maskEmail(email.address),
    expiresIn: signUpCodeLifetimeMs / second,
  }
}

/** Counts an attempt at a code; call it before hashing. @throws Problem with `retryAfter` */
export function consumeSignUpCodeLimits(
  tx: Tx,
  rateLimiter: RateLimiter,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<Reservation> {
  const network = networkOf(client.ipAddress)
  return rateLimiter.consume(
    tx,
    { limit: rateLimits.signUpsPerNetwork, key: network },
    { limit: rateLimits.wrongSignUpCodesPerAddressAndNetwork, key: `${email.key} ${network}` },
    { limit: rateLimits.wrongSignUpCodesPerAddress, key: email.key },
  )
}

/**
 * Completes the sign-up that `code` belongs to, after `consumeSignUpCodeLimits` has counted the
 * attempt. All other pending sign-ups of the address end, since they may be a stranger's.
 *
 * @param passwordHash replaces the password of the sign-up. A stranger who signed up with this
 * address put a code into the same mailbox; a password sent with the code is the owner's own.
 * @returns undefined for a code that is wrong, expired or used, or if the address is no longer free
 */
export async function completeSignUp(
  tx: Tx,
  deps: { rateLimiter: RateLimiter; rules: SessionRules },
  request: {
    email: EmailAddress
    code: string
    passwordHash: string | undefined
    client: Client
    reservation: Reservation
  },
): Promise<IssuedSession | undefined> {
  const { rateLimiter, rules } = deps
  const { email, code, passwordHash, client, reservation } = request
  const signUp = await tx
    .updateTable('sign_up')
    .set({ consumed_at: tx.now() })
    .where('email_key', '=', email.key)
    .where(
      'code_hash',
      'in',
      tx.keyring.hashWithAllKeys(code.replaceAll(' ', ''), codePurpose(email)),
    )
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .returning(['email', 'password_hash'])
    .executeTakeFirst()
  if (!signUp) return undefined

  await lockEmails(tx, email.key)
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
  return issueSession(tx, { account, amr: ['pwd'], client, rules })
}
