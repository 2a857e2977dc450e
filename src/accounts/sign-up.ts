import * as activity from '../activity/activity.ts'
import type { SignUpPolicy } from '../config/sign-up-policy.ts'
import type { Client } from '../lib/client.ts'
import { minute, second } from '../lib/clock.ts'
import { type EmailAddress, mailboxOf } from '../lib/email-address.ts'
import { maskEmail } from '../lib/mask.ts'
import { networkOf } from '../lib/network.ts'
import { Problem } from '../lib/problem.ts'
import { newCode, newId, newToken } from '../lib/random.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import { issueSession } from '../sessions/issue-session.ts'
import type { IssuedSession, SessionRules } from '../sessions/session.ts'
import { lockEmails } from '../store/locks.ts'
import type { Tx } from '../store/transaction.ts'
import { isAddressReserved } from '../undo/undo-token.ts'
import { createAccount } from './create-account.ts'
import { insertProfiles } from './profile.ts'
import { ensureMaySignUp } from './sign-up-policy.ts'
import { isUsernameFree, lockUsernames } from './username.ts'

/** Longer than other codes: mail can be slow, and there is no account yet that a thief could enter. */
export const signUpCodeLifetimeMs = 15 * minute

/** Wrong codes that a sign-up takes. Its token is void then; the codes of its address are not. */
export const maxWrongCodesPerSignUp = 5

const tokenPurpose = 'sign_up_token'
const codePurpose = (emailKey: string) => `sign_up ${emailKey}`

/** The profile that a sign-up may give its account. */
export interface SignUpProfile {
  name?: string | undefined
  preferredUsername?: string | undefined
}

/** The response to every sign-up, whether or not the address has an account. */
export interface SignUpCodeSent {
  status: 'codeSent'
  signUpToken: string
  sentTo: string
  expiresIn: number
}

/**
 * Counts a sign-up; call it before hashing the password. A full limit refuses the new sign-up and
 * ends no open one, or a stranger could void the owner's.
 *
 * @throws Problem with `retryAfter`
 */
export async function consumeSignUpLimits(
  tx: Tx,
  rateLimiter: RateLimiter,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<void> {
  const network = networkOf(client.ipAddress)
  const mailbox = mailboxOf(email.key)
  await rateLimiter.consume(
    tx,
    { limit: rateLimits.signUpsPerNetwork, key: network },
    { limit: rateLimits.signUpEmailsPerMailboxAndNetwork, key: `${mailbox} ${network}` },
    { limit: rateLimits.signUpEmailsPerMailbox, key: mailbox },
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
 * @param profile the checked profile of this sign-up. Its username is not reserved: a stranger could
 * keep it from its owner, over and over, without a mailbox
 */
export async function startSignUp(
  tx: Tx,
  request: {
    email: EmailAddress
    passwordHash: string
    profile: SignUpProfile
    client: Client
  },
): Promise<SignUpCodeSent> {
  const { email, passwordHash, profile, client } = request
  const existing = await tx
    .selectFrom('account')
    .select(['id', 'email'])
    .where('email_key', '=', email.key)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  const reserved = !existing && (await isAddressReserved(tx, email.key))
  const signUpToken = newToken()
  const code = newCode()
  const expiresAt = tx.now() + signUpCodeLifetimeMs
  await tx
    .insertInto('sign_up')
    .values({
      id: newId(),
      email: email.address,
      email_key: email.key,
      password_hash: passwordHash,
      token_hash: tx.keyring.hash(signUpToken, tokenPurpose),
      code_hash: tx.keyring.hash(code, codePurpose(email.key)),
      name: profile.name ?? null,
      preferred_username: profile.preferredUsername ?? null,
      failed_attempts: 0,
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
    signUpToken,
    sentTo: maskEmail(email.address),
    expiresIn: signUpCodeLifetimeMs / second,
  }
}

/** The result of an attempt. A failed one must be committed too: it counts. */
export type SignUpResult = { issued: IssuedSession } | { attemptsLeft: number } | 'usernameTaken'

/**
 * Completes a sign-up with any open code of its address. The code proves the mailbox, and the token
 * decides whose sign-up it is: a stranger who signs up with the address after its owner puts a newer
 * code into the mailbox, and the owner who enters that one still gets the owner's own password.
 *
 * All pending sign-ups of the address end, since they may be a stranger's.
 *
 * @param attempt.preferredUsername instead of the username of the sign-up
 * @throws Problem `sign_up_token_expired`, also if the address is no longer free; as
 * `ensureMaySignUp` if the policy has changed since the sign-up started
 * @returns `usernameTaken` for a right code whose username is no longer free. It counts as an attempt,
 * so that nobody lists usernames; the next one may bring another username
 */
export async function completeSignUp(
  tx: Tx,
  deps: { rules: SessionRules; rateLimiter: RateLimiter; policy: SignUpPolicy },
  attempt: { signUpToken: string; code: string; client: Client } & Pick<
    SignUpProfile,
    'preferredUsername'
  >,
): Promise<SignUpResult> {
  const { rules, rateLimiter, policy } = deps
  const { signUpToken, code, client } = attempt
  const found = await tx
    .selectFrom('sign_up')
    .select(['id', 'email', 'email_key', 'password_hash', 'name', 'preferred_username'])
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(signUpToken, tokenPurpose))
    .executeTakeFirst()
  if (!found) throw signUpTokenExpired()
  const { email, email_key, password_hash } = found
  ensureMaySignUp(policy, email_key)
  await lockEmails(tx, email_key)
  const attemptsLeft = await countAttempt(tx, found.id)
  if (!(await isOpenCode(tx, email_key, code))) return { attemptsLeft }

  if (await isAddressReserved(tx, email_key)) throw signUpTokenExpired()
  const preferredUsername = attempt.preferredUsername ?? found.preferred_username
  if (preferredUsername !== null) {
    await lockUsernames(tx, preferredUsername)
    if (!(await isUsernameFree(tx, tx.keyring, preferredUsername))) return 'usernameTaken'
  }
  const { language } = client
  const account = await createAccount(tx, { email, email_key, password_hash, language })
  if (!account) throw signUpTokenExpired()
  await insertProfiles(tx, [
    { account: account.id, profile: { name: found.name, preferredUsername } },
  ])
  await tx
    .updateTable('sign_up')
    .set({ consumed_at: tx.now() })
    .where('email_key', '=', email_key)
    .where('consumed_at', 'is', null)
    .execute()
  await activity.record(tx, account.id, { type: 'account.created', client })
  const issued = await issueSession(tx, { account, amr: ['pwd'], client, rules, rateLimiter })
  if (!issued) throw new Error('The account was created, but no session was issued.')
  return { issued }
}

/** Counts an attempt before its code is compared, so that concurrent ones get no more than allowed. */
async function countAttempt(tx: Tx, id: string): Promise<number> {
  const counted = await tx
    .updateTable('sign_up')
    .set((row) => ({ failed_attempts: row('failed_attempts', '+', 1) }))
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .where('failed_attempts', '<', maxWrongCodesPerSignUp)
    .returning('failed_attempts')
    .executeTakeFirst()
  if (!counted) throw signUpTokenExpired()
  return maxWrongCodesPerSignUp - counted.failed_attempts
}

/** Whether `code` belongs to a pending sign-up of the address, whatever token came with it. */
async function isOpenCode(tx: Tx, emailKey: string, code: string): Promise<boolean> {
  const signUp = await tx
    .selectFrom('sign_up')
    .select('id')
    .where('email_key', '=', emailKey)
    .where(
      'code_hash',
      'in',
      tx.keyring.hashWithAllKeys(code.replaceAll(' ', ''), codePurpose(emailKey)),
    )
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .executeTakeFirst()
  return signUp !== undefined
}

function signUpTokenExpired(): Problem {
  return new Problem('sign_up_token_expired', 'This sign-up has expired. Please sign up again.')
}
